import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedSandbox, Sandbox } from '../../src/sandbox/index.js';
import type { RestoredSandbox, SnapshotList, WarmedCluster } from '../../src/snapshot/index.js';
import { bds, inNode, json, ok, type RunOptions, traces } from './cli.js';
import { countRows, expectNoDamage, fileDigest, putFile, putRows } from './scene.js';

const GOLDEN: RunOptions = { environment: { BDSANDBOX_GOLDEN: 'auto' } };
const CLUSTER = ['hadoop-hbase', '--nodes', '1'];

let before: Awaited<ReturnType<typeof traces>>;

beforeAll(async () => {
  await removeGoldens();
  before = await traces();
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await removeGoldens();
  expect(await traces()).toEqual(before);
});

describe('a cluster with Hadoop and HBase', () => {
  let golden: WarmedCluster;
  let one: CreatedSandbox;

  test('is warmed once: a golden stays, and no sandbox', async () => {
    golden = await json(['images', 'warm', ...CLUSTER], GOLDEN);
    expect(golden).toMatchObject({ origin: 'made' });
    expect(golden.memoryBytes).toBeGreaterThan(100e6);
    expect(await json(['images', 'warm', ...CLUSTER], GOLDEN)).toEqual({ ...golden, origin: 'engine' });
    expect((await json<{ sandboxes: Sandbox[] }>(['ls'])).sandboxes).toEqual([]);
  });

  test('begins with it: everything answers, and nothing is older than the create', async () => {
    const started = Date.now();
    one = await json(['create', ...CLUSTER, 'e2e-golden-1'], GOLDEN);
    expect(one).toMatchObject({ startedFrom: 'golden', state: 'running', parentSnapshot: null });
    expect(Date.parse(one.createdAt)).toBeGreaterThanOrEqual(started);
    const services = one.nodes.flatMap((node) => node.services);
    expect(services.map(({ state }) => state)).toEqual(Array(8).fill('ready'));
    // Whole seconds.
    for (const { since } of services) expect(Date.parse(since ?? '')).toBeGreaterThanOrEqual(started - 1000);
    const oldest = await inNode(
      'e2e-golden-1',
      "cat /var/log/bdsandbox/*.log | grep -oE '^20[0-9-]+[ T][0-9:]+' | sort | head -n 1",
    );
    expect(Date.parse(`${oldest.trim().replace(' ', 'T')}Z`)).toBeGreaterThanOrEqual(started - 1000);
    expect((await inNode('e2e-golden-1', 'ls /etc/bdsandbox/changes')).trim().split('\n')).toHaveLength(1);
  });

  test('a second one beside it has its own ports, and data that the first never sees', async () => {
    const two = await json<CreatedSandbox>(['create', ...CLUSTER, 'e2e-golden-2'], GOLDEN);
    expect(two.startedFrom).toBe('golden');
    const hosts = [one, two].flatMap(({ nodes }) => nodes.flatMap(({ ports }) => ports.map(({ host }) => host)));
    expect(new Set(hosts).size).toBe(hosts.length);
    await putRows('e2e-golden-1', 0, 2000);
    await putRows('e2e-golden-2', 0, 500);
    const digest = await putFile('e2e-golden-1', '/golden/mine.bin', 20_000_000);
    expect(await countRows('e2e-golden-1')).toEqual({ rows: 2000, wrong: 0 });
    expect(await countRows('e2e-golden-2')).toEqual({ rows: 500, wrong: 0 });
    expect(await fileDigest('e2e-golden-1', '/golden/mine.bin')).toBe(digest);
    expect(await fileDigest('e2e-golden-2', '/golden/mine.bin')).toBeUndefined();
    await expectNoDamage('e2e-golden-1');
  });

  test('its snapshot comes back live, and is nobody’s child', async () => {
    const taken = await json<{ parent: unknown }>([
      'snapshot',
      'e2e-of-golden',
      '--sandbox',
      'e2e-golden-1',
      '--mode',
      'live',
    ]);
    expect(taken.parent).toBeNull();
    const restored = await json<RestoredSandbox>(['restore', 'e2e-of-golden', 'e2e-golden-3']);
    expect(restored).toMatchObject({ mode: 'live', startedFrom: 'snapshot', parentSnapshot: 'e2e-of-golden' });
    expect(await countRows('e2e-golden-3')).toEqual({ rows: 2000, wrong: 0 });
    await ok(['destroy', 'e2e-golden-3', '--force']);
    await ok(['snapshots', 'rm', 'e2e-of-golden', '--force']);
  });

  test('the golden is seen with -a alone, and stays while a sandbox stands on it', async () => {
    const names = async (...flags: string[]): Promise<string[]> =>
      (await json<SnapshotList>(['snapshots', 'ls', ...flags])).snapshots.map(({ name }) => name);
    expect(await names()).not.toContain(golden.name);
    expect(await names('-a')).toContain(golden.name);
    const refused = await bds(['snapshots', 'rm', golden.name, '--force']);
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toContain('e2e-golden-1');
  });
});

test('the right golden, or the cold start: never another cluster', async () => {
  const create = (...words: string[]): Promise<CreatedSandbox> => json(['create', 'zookeeper', ...words], GOLDEN);
  const SET = ['--nodes', '1', '--set', 'zoo.cfg:tickTime=1500'];
  expect((await create('e2e-zk-1', '--nodes', '1')).startedFrom).toBe('cold');
  expect((await create('e2e-zk-2', '--nodes', '1')).startedFrom).toBe('golden');
  expect((await create('e2e-zk-3', '--nodes', '1', '--cold')).startedFrom).toBe('cold');
  expect((await create('e2e-zk-4', ...SET)).startedFrom).toBe('cold');
  expect((await create('e2e-zk-5', ...SET)).startedFrom).toBe('golden');
  expect(await inNode('e2e-zk-5', 'cat /etc/zookeeper/zoo.cfg')).toContain('tickTime=1500');
  expect(await inNode('e2e-zk-2', 'cat /etc/zookeeper/zoo.cfg')).not.toContain('tickTime=1500');
});

async function removeGoldens(): Promise<void> {
  const { snapshots } = await json<SnapshotList>(['snapshots', 'ls', '-a']);
  for (const { name, owner } of snapshots.filter((each) => each.name.startsWith('golden-'))) {
    await ok(['snapshots', 'rm', name, '--force', '--owner', owner]);
  }
}
