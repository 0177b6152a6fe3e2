import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { privateHosts } from '../../../src/client/private-hosts.js';
import { type RunRequest, runProgram } from '../../../src/client/run.js';
import { CommandNotFoundError, FailedError, NotExecutableError } from '../../../src/errors/index.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'bdsandbox-run-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a program of this machine', () => {
  test('has the environment, and its output and exit code are passed on', async () => {
    const script = 'printf "$GREETING|"; env | grep ^GONE; echo aside >&2; exit 42';
    expect(await run(['sh', '-c', script], { environment: { GREETING: 'hello', GONE: undefined } })).toEqual({
      exitCode: 42,
      stdout: 'hello|',
      stderr: 'aside\n',
    });
  });

  test('gets the signals, and ends as shells say when one ends it', async () => {
    const kills: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];
    for (const signal of kills) {
      const { exitCode } = await run(['sleep', '60'], { onStart: (kill) => stopAfter(() => kill(signal)) });
      expect(exitCode).toBe(128 + { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 }[signal as 'SIGTERM']);
    }
  });

  test('may do with a signal what it likes', async () => {
    const script = 'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.01; done';
    const started = Date.now();
    const result = await run(['bash', '-c', script], {
      onStart: (kill) => {
        const timer = setInterval(() => kill('SIGTERM'), 20);
        return { [Symbol.dispose]: () => clearInterval(timer) };
      },
    });
    expect(Date.now() - started).toBeLessThan(9000);
    // Before bash has read the trap the signal ends it.
    expect([3, 143]).toContain(result.exitCode);
  });

  test('that has ended gets no more signals', async () => {
    let isOver = false;
    await run(['true'], {
      onStart: () => ({
        [Symbol.dispose]: () => {
          isOver = true;
        },
      }),
    });
    expect(isOver).toBe(true);
  });

  test('is started by its wrap', async () => {
    const wrap = (command: readonly string[]) => ['sh', '-c', 'echo "wrapped: $*"', 'sh', ...command];
    expect((await run(['true', 'a b'], { wrap })).stdout).toBe('wrapped: true a b\n');
  });

  test.each([['bds-no-such-command'], ['./no/such/command'], [''], ['/tmp']])(
    '%j that is none is 127',
    async (name) => {
      const error = await run([name]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CommandNotFoundError);
      expect(error).toMatchObject({ exitCode: 127, message: `there is no command ${name} on this machine` });
    },
  );

  test('that may not be run is 126; one further down the PATH that may is taken', async () => {
    for (const folder of ['first', 'second']) mkdirSync(path.join(root, folder));
    writeFileSync(path.join(root, 'first', 'tool'), 'text');
    const environment = { PATH: `${root}/first:${root}/second` };
    const error = await run(['tool'], { environment }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotExecutableError);
    expect(error).toMatchObject({ exitCode: 126, message: 'tool is not executable' });
    writeFileSync(path.join(root, 'second', 'tool'), '#!/bin/sh\necho second\n');
    chmodSync(path.join(root, 'second', 'tool'), 0o755);
    expect((await run(['tool'], { environment })).stdout).toBe('second\n');
  });

  test('whose wrap is missing is an error of one line', async () => {
    await expect(run(['true'], { wrap: () => ['/no/such/unshare'] })).rejects.toThrow(FailedError);
  });
});

/** Whether this machine can do it, asked in the shortest way. */
const canMount =
  spawnSync('unshare', ['--mount', 'true']).status === 0 ||
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0;

describe.runIf(canMount)('an /etc/hosts of its own', () => {
  const node = { name: 'bds-test-node', address: '10.253.9.9' };

  test('is seen by the command, whatever it is written in, and by nobody else', async () => {
    const file = path.join(root, "it's etc hosts");
    writeFileSync(file, `${node.address} ${node.name}\n`);
    chmodSync(root, 0o755);
    const before = readFileSync('/etc/hosts', 'utf8');
    const wrap = await privateHosts(file, node);
    if (!wrap) throw new Error('it can be, and was not');
    const { stdout, exitCode } = await run(['sh', '-c', 'cat /etc/hosts; id -u; exit 7'], { wrap });
    expect(stdout).toBe(`${node.address} ${node.name}\n${process.getuid?.()}\n`);
    expect(exitCode).toBe(7);
    expect(readFileSync('/etc/hosts', 'utf8')).toBe(before);
  });

  test('the command has the PID, so signals reach it', async () => {
    const file = path.join(root, 'hosts');
    writeFileSync(file, `${node.address} ${node.name}\n`);
    const wrap = await privateHosts(file, node);
    const { exitCode } = await run(['sleep', '60'], {
      wrap: wrap ?? (() => []),
      onStart: (kill) => stopAfter(() => kill('SIGTERM'), 300),
    });
    expect(exitCode).toBe(143);
  });

  test('is none when names are looked up elsewhere', async () => {
    const file = path.join(root, 'hosts');
    writeFileSync(file, `10.253.9.8 ${node.name}\n`);
    expect(await privateHosts(file, node)).toBeUndefined();
    expect(await privateHosts(path.join(root, 'none'), node)).toBeUndefined();
  });
});

function run(command: readonly string[], more: Partial<RunRequest> = {}) {
  return runProgram({
    command,
    wrap: (words) => words,
    collect: true,
    onStart: () => ({ [Symbol.dispose]: () => undefined }),
    ...more,
    environment: { PATH: process.env['PATH'], ...more.environment },
  });
}

function stopAfter(act: () => void, ms = 50): Disposable {
  const timer = setTimeout(act, ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
