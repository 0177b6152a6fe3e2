import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import type { RestoredSandbox, TakenSnapshot } from '../../src/snapshot/index.js';
import { bds, destroyComplete, docker, inNode, json, ok, runAndSignal, traces } from './cli.js';
import { smallEngine } from './small-engine.js';
import { TINY } from './tiny.js';

const POINTS = 10;
const NAME = 'e2e-frozen';
/** The issue of a killed snapshot: the nodes are free again within this time. */
const FREE_WITHIN_MS = 30_000;

describe('a snapshot or restore that is killed', () => {
  let empty: Awaited<ReturnType<typeof traces>>;
  let before: Awaited<ReturnType<typeof traces>>;
  let snapshotMs: number;
  let restoreMs: number;

  beforeAll(async () => {
    empty = await traces();
    await ok(['create', 'tiny', NAME, '--nodes', '3'], { environment: TINY });
    snapshotMs = await duration(['snapshot', 'e2e-timed', '--sandbox', NAME]);
    restoreMs = await duration(['restore', 'e2e-timed', 'e2e-timed']);
    await ok(['destroy', 'e2e-timed', '--force']);
    before = await traces();
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
    await ok(['snapshots', 'rm', 'e2e-timed', '--force']);
    expect(await traces()).toEqual(empty);
  });

  for (let point = 0; point < POINTS; point += 1) {
    const part = (point + 0.5) / POINTS;

    test(`snapshot, SIGINT at point ${point + 1}: 130, nothing left, the sandbox goes on`, async () => {
      const { code, by } = await runAndSignal(
        ['snapshot', 'e2e-killed', '--sandbox', NAME],
        TINY,
        'SIGINT',
        snapshotMs * part,
      );
      if (code === 0 || (by !== null && (await isComplete()))) await ok(['snapshots', 'rm', 'e2e-killed', '--force']);
      if (code !== 0) expect(code).toBe(130);
      await expectAlive(2_000);
      expect(await traces()).toEqual(before);
      expect(await leftMemory()).toHaveLength(1);
    });

    test(`snapshot, SIGKILL at point ${point + 1}: the nodes free themselves, prune cleans`, async () => {
      const { code } = await runAndSignal(
        ['snapshot', 'e2e-killed', '--sandbox', NAME],
        TINY,
        'SIGKILL',
        snapshotMs * part,
      );
      await expectAlive(FREE_WITHIN_MS);
      expect([0, 137]).toContain(code);
      // What the engine was asked for in the last moment comes to its end without us.
      await sleep(1000);
      await ok(['prune']);
      if (await isComplete()) await ok(['snapshots', 'rm', 'e2e-killed', '--force']);
      expect(await traces()).toEqual(before);
      expect(await leftMemory()).toHaveLength(1);
    });

    test(`restore, SIGINT at point ${point + 1}: 130, and nothing is left`, async () => {
      const { code, by } = await runAndSignal(['restore', 'e2e-timed', 'e2e-killed'], TINY, 'SIGINT', restoreMs * part);
      if (code === 0) await ok(['destroy', 'e2e-killed', '--force']);
      else expect(code).toBe(130);
      if (by !== null) await destroyComplete('e2e-killed');
      expect(await traces()).toEqual(before);
    });

    test(`restore, SIGKILL at point ${point + 1}: prune empties the engine`, async () => {
      await runAndSignal(['restore', 'e2e-timed', 'e2e-killed'], TINY, 'SIGKILL', restoreMs * part);
      await sleep(1000);
      await ok(['prune']);
      await destroyComplete('e2e-killed');
      expect(await traces()).toEqual(before);
    });
  }

  test('files without a name, with another one, in /dev/shm, and watched ones are in a live snapshot', async () => {
    await runProgram(`exec 7<>/data/big 8<>/data/linked
head -c 5242880 /dev/urandom >&7
echo linked >&8
rm -f /data/big /data/other && ln /data/linked /data/other && rm /data/linked
echo shared > /dev/shm/kept
exec 9<>/dev/shm/kept
# inotify_init1, and inotify_add_watch of /data for new files
exec perl -e '$to = "/data"; $notify = syscall(294, 0); syscall(254, $notify, $to, 0x100) > 0 or die; $0 = "program"; sleep'`);
    const digests = async (container: string): Promise<string> =>
      docker('exec', container, 'bash', '-c', 'cd /proc/$(< /data/pid)/fd; sha256sum 7 8 9; readlink * | grep inotify');
    const then = await digests(`bds.${NAME}`);
    const taken = await json<TakenSnapshot>(['snapshot', 'e2e-killed', '--sandbox', NAME]);
    expect(taken).toMatchObject({ mode: 'live', reason: '' });
    expect(taken.nodes[0]?.deletedFilesBytes).toBeGreaterThan(5_242_880);
    expect(taken.nodes[1]?.deletedFilesBytes).toBe(0);
    expect(await ok(['snapshots', 'show', 'e2e-killed'])).toMatch(/5\.2 MB of files that are deleted/);
    const restored = await json<RestoredSandbox>(['restore', 'e2e-killed', 'e2e-killed']);
    expect(restored).toMatchObject({ mode: 'live', reason: '' });
    expect(await digests('bds.e2e-killed')).toBe(then);
    expect(await digests(`bds.${NAME}`)).toBe(then);
    expect(await inNode('e2e-killed/node1', 'ls /data')).not.toMatch(/big|linked|link_remap/);
    await ok(['destroy', 'e2e-killed', '--force']);
    await ok(['snapshots', 'rm', 'e2e-killed', '--force']);
    await endProgram();
    expect(await traces()).toEqual(before);
  });

  test('what CRIU cannot keep: cold with the reason and its log; all nodes go on; live refuses', async () => {
    // io_uring_setup
    await runProgram(`exec perl -e 'my $p = "\\0" x 120; syscall(425, 8, $p) >= 0 or die; $0 = "program"; sleep'`);
    const environment = { XDG_STATE_HOME: await mkdtemp(path.join(tmpdir(), 'bdsandbox-state-')) };
    const { stdout, stderr } = await bds(['snapshot', 'e2e-killed', '--sandbox', NAME, '--json'], { environment });
    const { data } = JSON.parse(stdout) as { data: TakenSnapshot };
    expect(data).toMatchObject({ mode: 'cold', memory: null });
    expect(data.reason).toMatch(/^node1: process \d+ \(program\) has an io_uring open, and CRIU cannot keep that$/);
    const [, log = ''] = /taking it cold, without memory: .*; CRIU's log: (\S+)/.exec(stderr) ?? [];
    expect(await readFile(log, 'utf8')).toMatch(/Error/);
    await expectAlive(2_000);
    const restored = await json<RestoredSandbox>(['restore', 'e2e-killed', 'e2e-killed']);
    expect(restored).toMatchObject({ mode: 'cold', state: 'running' });
    await ok(['destroy', 'e2e-killed', '--force']);
    await ok(['snapshots', 'rm', 'e2e-killed', '--force']);
    const live = await bds(['snapshot', 'e2e-killed', '--sandbox', NAME, '--mode', 'live'], { environment });
    expect(live.exitCode).toBe(1);
    expect(live.stderr).toMatch(/no live snapshot: node1: process \d+ \(program\) has an io_uring open/);
    await expectAlive(2_000);
    await endProgram();
    expect(await traces()).toEqual(before);
    await rm(environment.XDG_STATE_HOME, { recursive: true });
  });

  test('after all that a snapshot can be taken and restored', async () => {
    await ok(['snapshot', 'e2e-killed', '--sandbox', NAME, '--mode', 'live']);
    await ok(['restore', 'e2e-killed', 'e2e-killed', '--mode', 'live']);
    await ok(['destroy', 'e2e-killed', '--force']);
    await ok(['snapshots', 'rm', 'e2e-killed', '--force']);
    expect(await traces()).toEqual(before);
  });

  test('a node that is killed in the middle: the others go on, nothing is left, the error names it', async () => {
    const run = bds(['snapshot', 'e2e-killed', '--sandbox', NAME]);
    await sleep(snapshotMs * 0.45);
    await docker('kill', `bds.${NAME}.node2`);
    const { exitCode, stderr } = await run;
    if (exitCode !== 0) {
      expect(stderr).toMatch(/node2/);
      expect(stderr).toMatch(/^ {2}next: /m);
    }
    for (const node of ['node1', 'node3']) await expectTicking(node, 2_000);
    await docker('start', `bds.${NAME}.node2`);
    if (exitCode === 0) await ok(['snapshots', 'rm', 'e2e-killed', '--force']);
    expect(await traces()).toEqual(before);
    const { state } = await json<Sandbox>(['status', NAME]);
    expect(state).toMatch(/running|degraded/);
  });
});

describe('a disk that is full in the middle of a snapshot', () => {
  let folder: string;
  let engine: Awaited<ReturnType<typeof smallEngine>>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-full-'));
  });

  afterAll(async () => {
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('is told in one line; the sandbox goes on, nothing half-made stays, and with space it works', async (context) => {
    const disk = path.join(folder, 'disk');
    engine = await smallEngine(disk, 900);
    if (!engine) return context.skip('no second engine can be started here');
    const host = `unix://${engine.socket}`;
    const environment = { ...TINY, BDSANDBOX_ENGINE: host, BDSANDBOX_REGISTRY: '127.0.0.1:1' };
    const image = (await ok(['images', 'build', 'tiny', '-q'], { environment: TINY })).trim();
    await execa('docker', ['save', image], { buffer: false }).pipe('docker', ['-H', host, 'load']);
    await ok(['create', 'tiny', 'e2e-full', '--nodes', '2'], { environment });
    // A golden of its own may be there.
    const memory = async (): Promise<string> =>
      (await execa('docker', ['-H', host, 'exec', 'bds.e2e-full', 'ls', '/var/lib/bdsandbox/memory'])).stdout;
    const before = await memory();
    const { bavail, bsize } = await statfs(disk);
    const filler = path.join(disk, 'filler');
    await execa('fallocate', ['--length', String(bavail * bsize - 400_000), filler]);

    const run = await bds(['snapshot', 'e2e-full'], { environment });
    expect(run, run.stderr).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/bdsandbox: node\d: the engine's disk is full\n/);
    expect(await ok(['snapshots', 'ls', '-q'], { environment })).toBe('');
    expect(await memory()).toBe(before);

    await rm(filler);
    await ok(['snapshot', 'e2e-full', '--mode', 'live'], { environment });
    const { state } = await json<Sandbox>(['status', 'e2e-full'], { environment });
    expect(state).toBe('running');
  });
});

/** As the follower of node1: one of the processes that a dump takes. It says when it stands. */
async function runProgram(script: string): Promise<void> {
  await inNode(
    NAME,
    `cat > /data/program <<'EOF'
echo $$ > /data/pid
${script}
EOF`,
  );
  await ok(['service', 'restart', `${NAME}/node1`, 'follower']);
  await expect
    .poll(() => inNode(NAME, 'cat /proc/$(< /data/pid)/comm || true'), { timeout: 20_000 })
    .toMatch(/^program/);
}

async function endProgram(): Promise<void> {
  await inNode(NAME, 'rm -f /data/program /data/other /dev/shm/kept');
  await ok(['service', 'restart', `${NAME}/node1`, 'follower']);
}

async function isComplete(): Promise<boolean> {
  return (await ok(['snapshots', 'ls', '-q'])).split('\n').includes('e2e-killed');
}

async function duration(args: readonly string[]): Promise<number> {
  const started = Date.now();
  await ok(args);
  return Date.now() - started;
}

/** All nodes work and hear each other. */
async function expectAlive(withinMs: number): Promise<void> {
  for (const node of ['node1', 'node2', 'node3']) await expectTicking(node, withinMs);
  const ping = async (): Promise<string> =>
    inNode(`${NAME}/node1`, 'exec 3<>/dev/tcp/node2/7; echo').catch((error: Error) => error.message);
  // Refused by node2 itself: a fence would be silence.
  await expect.poll(ping, { timeout: withinMs, interval: 500 }).toMatch(/refused/);
}

/** The clock service writes each second. */
async function expectTicking(node: string, withinMs: number): Promise<void> {
  const ticks = async (): Promise<number> => Number(await inNode(`${NAME}/${node}`, 'wc -l < /data/ticks'));
  const then = await ticks();
  await expect.poll(ticks, { timeout: withinMs + 3_000, interval: 250 }).toBeGreaterThan(then);
}

/** Snapshots whose memory is in the sandbox's volume. */
async function leftMemory(): Promise<string[]> {
  const output = await docker('exec', `bds.${NAME}`, 'ls', '/var/lib/bdsandbox/memory');
  return output.split('\n').filter((line) => line !== '');
}
