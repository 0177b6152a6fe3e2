import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedSandbox, Sandbox } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, OWNER, ok, traces } from './cli.js';
import { expectHealthy, hbaseRows, hdfsRoundTrip, mapReduceJobs, webPages, zooKeeperModes } from './hadoop.js';

const NAME = 'e2e-five';
const workers = ['worker1', 'worker2', 'worker3'];

/** The first of a kind is started, also where the next ones are not to be. */
const STARTED_FROM = process.env['BDSANDBOX_E2E_GOLDEN'] === 'auto' ? expect.stringMatching(/^(cold|golden)$/) : 'cold';

describe('five nodes', () => {
  let before: Awaited<ReturnType<typeof traces>>;
  let sandbox: CreatedSandbox;

  beforeAll(async () => {
    before = await traces();
    sandbox = await json<CreatedSandbox>(['create', 'hadoop-hbase', NAME, '--nodes', '5', '--ttl', '2h']);
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
  });

  test('is laid out as the template says', () => {
    const layout = Object.fromEntries(
      sandbox.nodes.map((node) => [node.name, node.services.map(({ name }) => name).sort()]),
    );
    const worker = ['datanode', 'nodemanager', 'regionserver', 'zookeeper'];
    expect(layout).toEqual({
      master1: ['hmaster', 'namenode', 'resourcemanager'],
      master2: ['historyserver', 'hmaster', 'secondarynamenode'],
      worker1: worker,
      worker2: worker,
      worker3: worker,
    });
    expect(sandbox.state).toBe('running');
    expect(sandbox.nodes.flatMap(({ services }) => services.map(({ state }) => state))).toEqual(
      Array(18).fill('ready'),
    );
  });

  test('says whose it is, where, since when and until when', async () => {
    const status = await json<Sandbox>(['status', NAME]);
    expect(status).toMatchObject({
      owner: OWNER,
      template: 'hadoop-hbase',
      startedFrom: STARTED_FROM,
      parentSnapshot: null,
    });
    expect(status.host).toBe(await docker('info', '--format', '{{.Name}}'));
    expect(Date.parse(status.expiresAt ?? '') - Date.parse(status.createdAt)).toBe(2 * 3_600_000);
    for (const node of status.nodes) {
      expect(node.memoryBytes).toBeGreaterThan(50e6);
      expect(node.cpuPercent).toBeGreaterThanOrEqual(0);
    }
  });

  test('publishes on 127.0.0.1 alone', async () => {
    const hosts = sandbox.nodes.flatMap(({ ports }) => ports.map(({ host }) => host));
    expect(hosts.length).toBeGreaterThan(10);
    expect(hosts.filter((host) => !host.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('its web pages answer from the host', async () => {
    const pages = await webPages(sandbox);
    expect(pages).toMatchObject({
      'master1 namenode': 200,
      'master1 resourcemanager': 200,
      'master1 hmaster': 200,
      'master2 hmaster': 200,
      'master2 historyserver': 200,
      'worker1 datanode': 200,
      'worker3 regionserver': 200,
    });
    expect(Object.values(pages).filter((status) => status !== 200)).toEqual([]);
  });

  test('ZooKeeper has a quorum of three with one leader', async () => {
    expect(await zooKeeperModes(workers.map((worker) => `${NAME}/${worker}`))).toEqual([
      'follower',
      'follower',
      'leader',
    ]);
  });

  test('HDFS keeps 100 MB with three replicas', async () => {
    await hdfsRoundTrip(`${NAME}/master2`);
    await expectHealthy(`${NAME}/master1`, 3);
  });

  test('HBase has a table of four regions and 10,000 rows', async () => {
    await hbaseRows(`${NAME}/master1`);
  });

  test('MapReduce jobs succeed', async () => {
    await mapReduceJobs(`${NAME}/master1`);
  });

  test.each(['master1', 'worker2'])('the tools are on the PATH of %s', async (node) => {
    const where = `${NAME}/${node}`;
    expect(await inNode(where, 'jps')).toMatch(/NameNode|DataNode/);
    expect(await inNode(where, "jstack $(jps | awk '/NameNode|DataNode/ { print $1; exit }')")).toContain('"main"');
    expect(
      await inNode(where, 'hadoop version; hbase version 2>&1; mapred version; yarn version; hdfs version'),
    ).toMatch(/3\.4\.2/);
    expect(await inNode(where, 'zkCli -server worker1:2181 ls / 2>/dev/null')).toMatch(/\[.*hbase.*\]/);
  });

  test('a command in a node has no capabilities, and its exit code comes through', async () => {
    expect(await inNode(NAME, 'grep -E "Cap(Eff|Bnd)" /proc/self/status')).toMatch(/CapEff:\s+0+\nCapBnd:\s+0+/);
    expect((await bds(['exec', NAME, '--', 'sh', '-c', 'exit 42'])).exitCode).toBe(42);
    expect(await ok(['exec', NAME, '--', 'cat'], { input: 'through\n' })).toBe('through');
  });

  test('a second owner’s stands beside it, and neither sees the other', async () => {
    const other = `${OWNER}-other`;
    const environment = { BDSANDBOX_OWNER: other };
    const theirs = await json<CreatedSandbox>(['create', 'hadoop-hbase', 'e2e-theirs', '--nodes', '5'], {
      environment,
    });
    try {
      expect(theirs.state).toBe('running');
      await inNode('e2e-theirs', 'echo theirs | hdfs dfs -put - /mark', { environment });
      expect((await bds(['exec', NAME, '--', 'hdfs', 'dfs', '-test', '-e', '/mark'])).exitCode).toBe(1);
      // Same inner names and addresses, other networks.
      expect(theirs.nodes.map(({ address }) => address)).toEqual(sandbox.nodes.map(({ address }) => address));
      expect((await ok(['ls', '-q'])).split('\n')).toEqual([NAME]);
      expect((await ok(['ls', '-q'], { environment })).split('\n')).toEqual(['e2e-theirs']);
      expect((await ok(['ls', '-q', '-a'])).split('\n')).toEqual(expect.arrayContaining([NAME, 'e2e-theirs']));

      const refused = await bds(['destroy', 'e2e-theirs', '--force']);
      expect(refused).toMatchObject({ exitCode: 5, stdout: '' });
      expect(refused.stderr).toContain(`e2e-theirs belongs to ${other}`);
    } finally {
      await ok(['destroy', 'e2e-theirs', '--force', '--owner', other]);
    }
    expect(await inNode(NAME, 'hdfs dfs -test -d /e2e && echo still there')).toBe('still there');
  });

  test('is destroyed without a trace', async () => {
    await ok(['destroy', NAME, '--force']);
    expect(await traces()).toEqual(before);
  });
});
