import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { expect, it } from 'vitest';
import SandboxHelp from '../../../src/ui/help.js';

class OpenHelp extends SandboxHelp {
  text(command: Partial<Command.Loadable>): string {
    return this.formatCommand({
      id: 'do',
      args: {},
      flags: {},
      aliases: [],
      hiddenAliases: [],
      ...command,
    } as Command.Loadable);
  }
}

const help = new OpenHelp({ bin: 'bdsandbox', topicSeparator: ' ', pjson: { oclif: {} } } as unknown as Config, {
  maxWidth: 80,
  stripAnsi: true,
});

it('says the summary above, and does not say it again in the description', () => {
  expect(help.text({ summary: 'Do it.', description: 'One.\n\nTwo.' })).toContain('DESCRIPTION\n  One.\n\n  Two.');
  expect(help.text({ summary: 'Do it.' })).not.toContain('DESCRIPTION');
});

it('says a default only where there is one', () => {
  const flag = { type: 'option', multiple: true, description: 'a text' } as Command.Flag.Cached;
  const flags = { empty: { ...flag, name: 'empty', default: [] }, full: { ...flag, name: 'full', default: ['x'] } };
  const text = help.text({ flags });
  expect(text).toMatch(/--empty=<value>\.\.\. +a text/);
  expect(text).toMatch(/--full=<value>\.\.\. +\[default: x\] a text/);
});

it('has dots at an argument only where the usage does not tell what may be repeated', () => {
  const args = { sandbox: { name: 'sandbox', required: true, description: 'a name' } } as Command.Loadable['args'];
  expect(help.text({ args, strict: false })).toMatch(/SANDBOX\.\.\. +a name/);
  expect(help.text({ args, strict: false, usage: 'do SANDBOX -- COMMAND...' })).toMatch(/SANDBOX +a name/);
});
