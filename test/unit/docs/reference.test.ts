import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, type Manual, readManual } from '../../../scripts/reference/manual.ts';
import { COMMANDS_PAGE, toMarkdown } from '../../../scripts/reference/markdown.ts';
import { toManPage } from '../../../scripts/reference/roff.ts';
import { KEYS } from '../../../src/config/keys.js';
import { COMMAND_IDS, manifestOfSources } from '../commands.js';

const ROOT = resolve(import.meta.dirname, '../../..');

const read = (name: string): Promise<string> => readFile(resolve(ROOT, name), 'utf8');

let manual: Manual;

beforeAll(async () => {
  manual = await readManual(ROOT, await manifestOfSources());
});

it('docs/reference/commands.md says what the commands say', async () => {
  expect(await read(COMMANDS_PAGE), 'the commands have changed: run `npm run docs` and commit the page').toBe(
    toMarkdown(manual),
  );
});

it('every example fits a line of the help in 80 columns', () => {
  const commands = manual.groups.flatMap((group) => group.commands);
  const lines = commands.flatMap(({ examples }) => examples.flatMap((example) => example.split('\n')));
  expect(lines.filter((line) => `  $ ${line}`.length > 80)).toEqual([]);
});

describe('docs/reference/config.md', () => {
  /** Rows of the first table: key, variable, then the flag with its commands. */
  async function rows(): Promise<string[][]> {
    const lines = (await read('docs/reference/config.md')).split('\n').filter((line) => line.startsWith('| `'));
    return lines.slice(0, Object.keys(KEYS).length).map((line) => line.split('|').map((cell) => cell.trim()));
  }

  it('has the variable of every setting', async () => {
    const documented = (await rows()).map(([, key, variable]) => [key, variable]);
    expect(documented).toEqual(Object.values(KEYS).map(({ key, env }) => [`\`${key}\``, `\`${env}\``]));
  });

  it('has the flags that go over a setting', async () => {
    const documented = (await rows()).flatMap(([, key = '', , flags = '']) => {
      const [flag = '', ...commands] = [...flags.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
      return flag === '--cold' ? [] : commands.map((command) => `${key} ${flag} ${command}`);
    });
    const read = await Promise.all(COMMAND_IDS.map(flagsOverSettings));
    expect(documented.sort()).toEqual(read.flat().sort());
  });

  /** As `this.loadConfig({ owner: flags.owner })` in the source says. */
  async function flagsOverSettings(id: string): Promise<string[]> {
    const [, given = ''] = /loadConfig\(\{([^}]*)\}/.exec(await read(`src/commands/${id.replace(':', '/')}.ts`)) ?? [];
    return [...given.matchAll(/'?([\w.]+)'?: flags(?:\.(\w+)|\['([\w-]+)'\])/g)].map(
      ([, key, plain, quoted]) => `\`${key}\` --${plain ?? quoted} ${id.replace(':', ' ')}`,
    );
  }
});

describe('the manual page', () => {
  const COMMAND = {
    summary: 'Do it.',
    description: "'quoted' first",
    examples: ['<%= config.bin %> do \\it -v'],
    args: { name: { description: 'a name', required: true } },
    flags: {
      ttl: { type: 'option', description: 'time to live', default: '8h', env: 'TTL' },
      wait: { type: 'boolean', allowNo: true, description: 'wait' },
      quiet: { type: 'boolean', char: 'q', summary: 'Less.', helpGroup: 'GLOBAL' },
    },
  };

  async function pageOf(manifest: Manifest): Promise<string> {
    return toManPage(await readManual(ROOT, manifest), { version: '1.2.3', description: 'A program' });
  }

  it('keeps dashes, backslashes and quotes as they are typed', async () => {
    const page = await pageOf({ commands: { 'snapshots:do': COMMAND } });
    expect(page).toContain('bdsandbox snapshots do NAME [FLAGS]');
    expect(page).toContain("\n\\&'quoted' first\n");
    expect(page).toContain('\nbdsandbox do \\eit \\-v\n');
    expect(page).toContain('\\fB\\-\\-ttl VALUE\\fR\ntime to live (default: 8h; variable: TTL)');
    expect(page).toContain('\\fB\\-\\-[no\\-]wait\\fR');
  });

  it('has every command in its group, exit codes and variables', async () => {
    const page = await pageOf({ commands: { 'snapshots:do': COMMAND } });
    expect(page).toMatch(/\.SH SNAPSHOTS\n\.SS snapshots do\n/);
    expect(page).toMatch(/\.SH EXIT STATUS\n\.TP\n\\fB0\\fR\ndone/);
    expect(page).toContain('\\fBBDSANDBOX_TTL\\fR');
  });

  it('has what the page of exit codes says of its command, and of no other', () => {
    const exitsOf = (wanted: string): readonly string[] =>
      manual.groups.flatMap(({ commands }) => commands).find(({ name }) => name === wanted)?.exits ?? [];
    expect(exitsOf('exec').join('\n')).toContain('ends with the exit code of the command that ran in the node');
    expect(exitsOf('service restart').join('\n')).toContain('1 or 69 when a service is not ready');
    expect(exitsOf('service stop').join('\n')).not.toContain('1 or 69 when a service is not ready');
    expect(exitsOf('snapshots ls')).toEqual([]);
  });
});
