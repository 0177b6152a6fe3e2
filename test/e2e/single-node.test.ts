import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedSandbox, Sandbox, SandboxStatus } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, ok, traces } from './cli.js';
import { expectHealthy, hbaseRows, hdfsRoundTrip, mapReduceJobs, webPages, zooKeeperModes } from './hadoop.js';

const NAME = 'e2e-one';

describe('single node', () => {
  let before: Awaited<ReturnType<typeof traces>>;
  let sandbox: CreatedSandbox;

  beforeAll(async () => {
    before = await traces();
    sandbox = await json<CreatedSandbox>([
      'create',
      'hadoop-hbase',
      NAME,
      '--nodes',
      '1',
      '--set',
      'hdfs-site:dfs.blocksize=16777216',
    ]);
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
  });

  test('runs every service in one container', async () => {
    expect(sandbox.nodes).toHaveLength(1);
    expect(sandbox.topology).toBe('single');
    expect(await zooKeeperModes([NAME])).toEqual(['standalone']);
    expect(Object.values(await webPages(sandbox)).filter((status) => status !== 200)).toEqual([]);
  });

  test('a setting of the command line is in the file and in force', async () => {
    expect(await inNode(NAME, 'hdfs getconf -confKey dfs.blocksize')).toBe('16777216');
  });

  test('HDFS, HBase and MapReduce work', async () => {
    await hdfsRoundTrip(NAME);
    await expectHealthy(NAME, 1);
    await hbaseRows(NAME);
    await mapReduceJobs(NAME);
  });

  test('its services tell figures of the cluster', async () => {
    const titles = ['HBase', 'HDFS', 'YARN', 'ZooKeeper'];
    let status = await json<SandboxStatus>(['status', NAME]);
    // On a busy machine a service may be too slow for one look; and files of a job have ten replicas until it is cleaned up.
    const isWhole = () =>
      titles.every((title) => status.figures.some((each) => each.title === title)) &&
      status.figures.every(({ label, well }) => label !== 'under-replicated' || well);
    for (let tries = 0; tries < 20 && !isWhole(); tries += 1) status = await json<SandboxStatus>(['status', NAME]);
    const { figures, machines } = status;
    expect([...new Set(figures.map(({ title }) => title))]).toEqual(titles);
    expect(machines).toEqual([expect.objectContaining({ memoryBytes: expect.any(Number) })]);
    expect(machines[0]?.diskBytes).toBeGreaterThan(machines[0]?.diskFreeBytes ?? Number.POSITIVE_INFINITY);
    const told = (title: string) =>
      Object.fromEntries(figures.filter((each) => each.title === title).map((each) => [each.label, each]));
    expect(told('HDFS')).toMatchObject({
      used: { unit: 'bytes', value: expect.any(Number), of: expect.any(Number) },
      DataNodes: { value: 1, of: 1, well: true },
      'missing blocks': { value: 0, well: true },
      'under-replicated': { value: 0, well: true },
    });
    expect(told('YARN')).toMatchObject({
      NodeManagers: { value: 1, of: 1, well: true },
      'memory used': { of: 2 ** 31 },
    });
    expect(told('HBase')).toMatchObject({
      RegionServers: { value: 1, of: 1, well: true },
      dead: { value: 0 },
      regions: { value: expect.any(Number) },
      'regions in transition': { value: expect.any(Number) },
    });
    expect(told('ZooKeeper')).toMatchObject({ connections: { value: expect.any(Number) } });
  });

  test('a service that dies is shown as failed, with the sandbox degraded', async () => {
    await inNode(NAME, "kill -9 $(jps | awk '/HRegionServer/ { print $1 }')");
    const status = await json<Sandbox>(['status', NAME]);
    expect(status.state).toBe('degraded');
    const dead = status.nodes[0]?.services.find(({ name }) => name === 'regionserver');
    expect(dead).toMatchObject({ state: 'failed', pid: null });
    expect(dead?.detail).toMatch(/9|KILL/);
  });

  test('nothing on this host but 127.0.0.1 reaches it, unless asked', async () => {
    const ports = await docker('inspect', 'bds.e2e-one', '--format', '{{json .NetworkSettings.Ports}}');
    expect(ports).not.toContain('0.0.0.0');
  });

  test('is destroyed without a trace', async () => {
    await ok(['destroy', NAME, '--force']);
    expect(await traces()).toEqual(before);
  });
});
