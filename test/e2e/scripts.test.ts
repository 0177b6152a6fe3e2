import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Sandbox, Waited } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, OWNER, ok, traces } from './cli.js';
import { TINY } from './tiny.js';

const NAME = 'e2e-scripts';
const environment = TINY;

describe('what scripts need', () => {
  let before: Awaited<ReturnType<typeof traces>>;
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'bdsandbox-e2e-home-'));
    await ok(['images', 'build', 'tiny'], { environment });
    before = await traces();
    await ok(['create', 'tiny', NAME, '--nodes', '2', '--no-wait'], { environment });
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
    await rm(home, { recursive: true });
  });

  describe('wait', () => {
    test('until all is ready, with a line for each service', async () => {
      const { stderr, exitCode } = await bds(['wait', NAME]);
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toMatch(/clock/);
      expect(await json<Waited>(['wait', NAME, '--for', 'ready', '--for', 'running'])).toMatchObject({
        name: NAME,
        reached: ['ready', 'running'],
      });
    });

    test('for a service that is stopped meanwhile, and started again', async () => {
      const stopped = bds(['wait', NAME, '--for', 'service=node1/follower=stopped', '--timeout', '1m']);
      await stopAndStart('stop');
      expect(await stopped).toMatchObject({ exitCode: 0 });
      const late = await bds(['wait', NAME, '--timeout', '3s']);
      expect(late, late.stderr).toMatchObject({ exitCode: 69, stdout: '' });
      expect(late.stderr).toMatch(/follower on node1 is stopped/);
      const ready = bds(['wait', NAME, '--for', 'service=follower', '--timeout', '1m']);
      await stopAndStart('start');
      expect(await ready).toMatchObject({ exitCode: 0 });
    });

    test('ends at once when a service fails', async () => {
      await inNode(`${NAME}/node2`, "pkill -KILL -f '[/]data/ticks'");
      const failed = await bds(['wait', NAME, '--timeout', '5m'], { timeoutMs: 60_000 });
      expect(failed, failed.stderr).toMatchObject({ exitCode: 1, stdout: '' });
      expect(failed.stderr).toMatch(/clock on node2 failed/);
      // Of another service it is no matter.
      await ok(['wait', NAME, '--for', 'service=follower', '--timeout', '1m']);
    });

    async function stopAndStart(what: 'stop' | 'start'): Promise<void> {
      await execa('docker', ['exec', `bds.${NAME}`, '/usr/lib/bdsandbox/node', what, 'follower']);
    }
  });

  describe('exec', () => {
    let durations = 7000;
    /** A process that no other test starts, and how many of it run in the node. */
    const endless = (): { command: string[]; running: () => Promise<string> } => {
      durations += 1;
      const word = String(durations);
      const running = () => docker('exec', `bds.${NAME}`, 'pgrep', '-fxc', `sleep ${word}`).catch(() => '0');
      return { command: ['sh', '-c', `sleep ${word} & sleep ${word} | cat`], running };
    };
    const run = (command: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess =>
      spawn(inject('program'), ['exec', NAME, '--', ...command], {
        stdio: [stdin, 'ignore', 'ignore'],
        env: { ...process.env, BDSANDBOX_OWNER: OWNER },
      });

    test.each([
      ['SIGINT', 'ignore'],
      ['SIGTERM', 'pipe'],
      ['SIGKILL', 'ignore'],
      ['SIGKILL', 'pipe'],
    ] as const)('nothing is left of a command after %s of the client, standard input: %s', async (signal, stdin) => {
      const { command, running } = endless();
      const child = run(command, stdin);
      await expect.poll(running, { timeout: 20_000 }).toBe('2');
      child.kill(signal);
      await expect.poll(running, { timeout: 5000 }).toBe('0');
    });

    test('nor while it does not read gigabytes of input', async () => {
      const { command, running } = endless();
      const child = run(command, 'pipe');
      const feeding = Readable.from(zeros(), { objectMode: false }).on('error', () => undefined);
      if (child.stdin) feeding.pipe(child.stdin.on('error', () => undefined));
      await expect.poll(running, { timeout: 20_000 }).toBe('2');
      await sleep(1000);
      child.kill('SIGKILL');
      await expect.poll(running, { timeout: 5000 }).toBe('0');
      feeding.destroy();
    });

    test('nor when its terminal is closed', async () => {
      const { command, running } = endless();
      const line = [inject('program'), 'exec', NAME, '--', ...command].map((word) => `'${word}'`).join(' ');
      const child = spawn('script', ['-qec', line, '/dev/null'], {
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { ...process.env, BDSANDBOX_OWNER: OWNER },
      });
      await expect.poll(running, { timeout: 20_000 }).toBe('2');
      child.kill('SIGKILL');
      await expect.poll(running, { timeout: 5000 }).toBe('0');
    });

    test('nor when nobody reads its output any more', async () => {
      const env = { BDSANDBOX_OWNER: OWNER };
      const yes = `bds-yes-${process.pid}`;
      const script = '"$1" exec "$2" -- yes "$3" | head -1';
      const { stdout } = await execa('bash', ['-c', script, 'bash', inject('program'), NAME, yes], { env });
      expect(stdout).toBe(yes);
      const running = () => docker('exec', `bds.${NAME}`, 'pgrep', '-fxc', `yes ${yes}`).catch(() => '0');
      await expect.poll(running, { timeout: 5000 }).toBe('0');
    });

    test('streams are apart and whole, and the end of the input is one', async () => {
      const input = randomBytes(3_000_000);
      const script = 'cat; echo "behind" >&2; exit 9';
      const { stdout, stderr, exitCode } = await execa(inject('program'), ['exec', NAME, '--', 'sh', '-c', script], {
        input,
        encoding: 'buffer',
        stripFinalNewline: false,
        reject: false,
        env: { BDSANDBOX_OWNER: OWNER },
      });
      expect({ exitCode, stderr: Buffer.from(stderr).toString() }).toEqual({ exitCode: 9, stderr: 'behind\n' });
      expect(Buffer.from(stdout).equals(input)).toBe(true);
    });

    test('a loop goes on to its end with -n, as ssh needs it too', async () => {
      const script = 'while read -r p; do "$1" exec -n "$2" -- sh -c "cat; echo got $p"; done';
      const { stdout } = await execa('bash', ['-c', script, 'bash', inject('program'), NAME], {
        input: 'one\ntwo\nthree\n',
        env: { BDSANDBOX_OWNER: OWNER },
      });
      expect(stdout).toBe('got one\ngot two\ngot three');
      expect(await ok(['exec', '-n', NAME, '--', 'cat'], { input: 'unread' })).toBe('');
    });
  });

  describe('completion', () => {
    test('of names, from the engine', async () => {
      expect(await ok(['__complete', 'status', 'e2e-scr'])).toBe(NAME);
      expect(await ok(['__complete', 'exec', `${NAME}/`])).toBe(`${NAME}/node1\n${NAME}/node2`);
      expect(await ok(['__complete', 'create', 'ti'], { environment })).toBe('tiny');
      expect(await ok(['__complete', 'snapshots', 'dif'])).toMatch(/^diff\t/);
    });

    test('in bash, with the script as it is printed', async () => {
      const script = `source <("$1" completion bash); PATH="\${1%/*}:$PATH"
        COMP_LINE='bdsandbox exec e2e-scripts/node' COMP_POINT=31; _bdsandbox bdsandbox; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const env = { BDSANDBOX_OWNER: OWNER };
      const { stdout } = await execa('bash', ['--norc', '-c', script, 'bash', inject('program')], { env });
      expect(stdout.split('\n')).toEqual([`${NAME}/node1`, `${NAME}/node2`]);
    });

    test('is silent and soon over where the engine is dead, or does not answer', async () => {
      const silent = createServer(() => undefined).listen(path.join(home, 'silent.sock'));
      await once(silent, 'listening');
      try {
        for (const socket of ['nowhere.sock', 'silent.sock']) {
          const started = performance.now();
          const run = await bds(['__complete', 'status', ''], {
            environment: { BDSANDBOX_ENGINE: `unix://${path.join(home, socket)}` },
          });
          expect(run).toEqual({ exitCode: 0, stdout: '', stderr: '' });
          expect(performance.now() - started).toBeLessThan(2000);
        }
      } finally {
        silent.close();
      }
    });
  });

  test('config: set, seen, and taken back', async () => {
    const env = { XDG_CONFIG_HOME: home };
    await ok(['config', 'set', 'ttl', '8h'], { environment: env });
    expect(await readFile(path.join(home, 'bdsandbox/config.yaml'), 'utf8')).toBe('ttl: 8h\n');
    expect(await ok(['config', 'get', 'ttl'], { environment: env })).toBe('8h');
    expect(await ok(['config', 'ls'], { environment: env })).toMatch(/^ttl +8h +user .*config\.yaml:1$/m);
    await json(['config', 'unset', 'ttl'], { environment: env });
    expect(await bds(['config', 'set', 'tll', '8h'], { environment: env })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean ttl?'),
    });
  });

  test('schema: of every command, in the package', async () => {
    const commands = (await ok(['schema'])).split('\n');
    expect(commands).toEqual(expect.arrayContaining(['create', 'snapshots ls', 'wait']));
    await json(['schema']);
    await json(['schema', 'ls']);
    expect(JSON.parse(await ok(['schema', 'snapshots', 'ls']))).toMatchObject({
      title: 'bdsandbox snapshots ls --json',
    });
  });

  test('what has expired goes with the next command, and nobody else’s', async () => {
    const theirs = { BDSANDBOX_OWNER: `${OWNER}-other` };
    await ok(['create', 'tiny', 'e2e-short', '--nodes', '1', '--ttl', '1s'], { environment });
    await ok(['create', 'tiny', 'e2e-theirs', '--nodes', '1', '--ttl', '1s'], {
      environment: { ...environment, ...theirs },
    });
    await sleep(1000);
    const { stderr } = await bds(['prune']);
    expect(stderr).toMatch(/destroyed e2e-short: its time was over/);
    const all = await json<{ sandboxes: Sandbox[] }>(['ls', '-a']);
    expect(all.sandboxes.map(({ name }) => name)).toEqual(expect.arrayContaining([NAME, 'e2e-theirs']));
    expect(await json(['prune', '--expired'], { environment: theirs })).toMatchObject({ expired: ['e2e-theirs'] });
  });

  test('wait for gone ends when it is destroyed', async () => {
    const waiting = spawn(inject('program'), ['wait', NAME, '--for', 'gone'], {
      stdio: 'ignore',
      env: { ...process.env, BDSANDBOX_OWNER: OWNER },
    });
    const ended = once(waiting, 'exit');
    await ok(['destroy', NAME, '--force']);
    expect(await ended).toEqual([0, null]);
    expect(await ok(['wait', NAME, '--for', 'gone', '--quiet'])).toBe(NAME);
    expect(await traces()).toEqual(before);
  });
});

function* zeros(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}
