import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellCommands, shellOf } from '../../../src/client/index.js';

const nasty = `it's "a" $HOME \`id\` \\n * ; & | < > ! # ~ é
second line\\`;

test('bash takes any value over as it is, in one line too', () => {
  const commands = shellCommands(
    'bash',
    new Map([
      ['ONE', nasty],
      ['GONE', undefined],
      ['TWO', ''],
    ]),
  );
  for (const line of ['\n', ' ']) {
    const script = `eval "$1"; printf '%s|' "$ONE" "\${GONE-none}" "\${TWO-none}"`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', script, 'bash', commands.join(line)], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], GONE: 'there' },
    });
    expect(stdout).toBe(`${nasty}|none||`);
  }
});

test('fish has quotes of its own', () => {
  const changes = new Map([
    ['ONE', "it's \\ $x"],
    ['GONE', undefined],
  ]);
  expect(shellCommands('fish', changes)).toEqual(["set -gx ONE 'it\\'s \\\\ $x';", 'set -e GONE;']);
});

test.each([
  ['/usr/bin/fish', 'fish'],
  ['/bin/zsh', 'zsh'],
  ['/bin/dash', 'bash'],
  [undefined, 'bash'],
])('SHELL=%s means %s', (value, shell) => {
  expect(shellOf({ SHELL: value })).toBe(shell);
});
