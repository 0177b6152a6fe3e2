import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript, SHELLS, type Shell } from '../../../src/complete/index.js';

let folder: string;

/** A program of that name which writes down what it was asked, and answers with the file `answer`. */
const STUB = `#!/bin/sh
printf '%s\\n' "$@" > "$STUB/asked"
cat "$STUB/answer"
echo 'an error that nobody may see' >&2
exit 1
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bdsandbox-complete-'));
  writeFileSync(join(folder, 'bdsandbox'), STUB);
  chmodSync(join(folder, 'bdsandbox'), 0o755);
  writeFileSync(join(folder, 'some file'), '');
  for (const shell of SHELLS) writeFileSync(join(folder, `script.${shell}`), completionScript(shell));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(shell: Shell, script: string, answer: string): { stdout: string; stderr: string; asked: string[] } {
  writeFileSync(join(folder, 'answer'), answer);
  writeFileSync(join(folder, 'asked'), '');
  const { stdout, stderr } = spawnSync(shell, shell === 'bash' ? ['--norc', '-c', script] : ['-f', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, STUB: folder },
  });
  return { stdout, stderr, asked: readFileSync(join(folder, 'asked'), 'utf8').split('\n').slice(0, -1) };
}

/** What bash would offer for a line that ends at the cursor. */
function bash(line: string, answer: string): { reply: string[]; asked: string[]; stderr: string } {
  const script = `source ./script.bash
    COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
    _bdsandbox bdsandbox '' ''
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, asked } = run('bash', script, answer);
  return { reply: stdout.split('\n').filter((each) => each !== ''), asked, stderr };
}

describe('bash', () => {
  it.each([
    ['bdsandbox st', 'status\tShow the nodes\n', ['__complete', 'st'], ['status']],
    ['bdsandbox ', 'ls\tList\nstatus\n', ['__complete', ''], ['ls', 'status']],
    [
      'bdsandbox exec demo/',
      'demo/master1\ndemo/worker1\n',
      ['__complete', 'exec', 'demo/'],
      ['demo/master1', 'demo/worker1'],
    ],
    // Readline replaces only what stands after the last = or :.
    ['bdsandbox restore --mode=l', '--mode=live\n', ['__complete', 'restore', '--mode=l'], ['live']],
    ['bdsandbox restore --mode=', '--mode=live\n--mode=cold\n', ['__complete', 'restore', '--mode='], ['live', 'cold']],
    [
      'bdsandbox images rm bdsandbox/tiny:',
      'bdsandbox/tiny:1\n',
      ['__complete', 'images', 'rm', 'bdsandbox/tiny:'],
      ['1'],
    ],
    ['bdsandbox collect -o so', ':files\n', ['__complete', 'collect', '-o', 'so'], ['some file']],
    ['bdsandbox collect --output=so', ':files\n', ['__complete', 'collect', '--output=so'], ['some file']],
    ['bdsandbox exec "de', 'demo\n', ['__complete', 'exec', 'de'], ['demo']],
    ['bdsandbox status nobody', '', ['__complete', 'status', 'nobody'], []],
  ])('%j', (line, answer, asked, reply) => {
    expect(bash(line, answer)).toEqual({ reply, asked, stderr: '' });
  });

  it('is registered for the program', () => {
    expect(run('bash', 'source ./script.bash; complete -p bdsandbox', '').stdout).toBe(
      'complete -F _bdsandbox bdsandbox\n',
    );
  });

  it('says nothing when the program is not there any more', () => {
    const { stdout, stderr } = run(
      'bash',
      'source ./script.bash; PATH=; COMP_LINE="bdsandbox st" COMP_POINT=12; _bdsandbox bdsandbox && declare -p COMPREPLY',
      '',
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'declare -a COMPREPLY=()\n', stderr: '' });
  });
});

const hasZsh = spawnSync('zsh', ['--version']).status === 0;

describe.runIf(hasZsh)('zsh', () => {
  it('offers values with what they are, and leaves no blank after the beginning of one', () => {
    const script = `compdef() { print registered $1 $2; }; functions[compdef]=$functions[compdef]
      _describe() { print "$@" "\${(P@)4}"; }
      source ./script.zsh
      words=(bdsandbox wait demo --for '') CURRENT=5
      _bdsandbox`;
    const { stdout, stderr, asked } = run('zsh', script, 'ready\tall of it\nservice=\n');
    expect(stderr).toBe('');
    expect(asked).toEqual(['__complete', 'wait', 'demo', '--for', '']);
    expect(stdout).toBe(
      'registered _bdsandbox bdsandbox\n-t values bdsandbox whole ready:all of it\n-t values bdsandbox begun -S  service=:\n',
    );
  });
});

const hasFish = spawnSync('fish', ['--version']).status === 0;

describe.runIf(hasFish)('fish', () => {
  it('offers what the program says', () => {
    const { stdout } = run('fish', 'source ./script.fish; complete -C "bdsandbox st"', 'status\tShow\n');
    expect(stdout).toBe('status\tShow\n');
  });
});
