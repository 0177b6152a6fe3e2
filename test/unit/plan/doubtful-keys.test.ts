import { expect, test } from 'vitest';
import { doubtfulKeys } from '../../../src/plan/index.js';
import { catalog } from './shipped.js';

const doubts = (...keys: string[]): string[] =>
  doubtfulKeys(
    catalog,
    'hadoop-hbase',
    keys.map((key) => `${key}=1`),
  );

test.each([
  ['hdfs-site:dfs.replicaton', 'dfs.replication'],
  ['hdfs-site:dfs.replications', 'dfs.replication'],
  ['core-site:fs.defaultfs', 'fs.defaultFS'],
  ['yarn-site:yarn.nodemanager.resource.memory.mb', 'yarn.nodemanager.resource.memory-mb'],
  ['mapred-site:mapreduce.map.memroy.mb', 'mapreduce.map.memory.mb'],
  ['hbase-site:hbase.regionserver.handler.coutn', 'hbase.regionserver.handler.count'],
])('%s is doubted', (key, meant) => {
  expect(doubts(key)).toEqual([`${key} is no key that is known; did you mean ${meant}?`]);
});

test.each([
  ['known', 'hdfs-site:dfs.replication'],
  ['old, and still read', 'hdfs-site:dfs.block.size'],
  ['with a name in it', 'core-site:hadoop.proxyuser.hive.hosts'],
  ['with a host in it', 'core-site:fs.azure.account.key.mine.blob.example'],
  ['with name services', 'hdfs-site:dfs.namenode.rpc-address.a.b'],
  ['with a short suffix', 'hdfs-site:dfs.ha.namenodes.x'],
  ['of another component', 'hbase-site:my.own.key'],
  ['in a file whose keys nobody listed', 'zoo.cfg:tickTme'],
  ['of queues', 'capacity-scheduler:yarn.scheduler.capacity.root.a.capacity'],
])('%s: %s is not', (_, key) => {
  expect(doubts(key)).toEqual([]);
});

test('what the shipped components set themselves is known, but for names', () => {
  const own = [...catalog.components.values()].flatMap(({ config }) =>
    [...config.values()].flatMap(({ name, properties, format }) =>
      format === 'hadoop-xml' ? [...properties.keys()].map((key) => `${name}:${key}`) : [],
    ),
  );
  expect(own.length).toBeGreaterThan(60);
  expect(doubts(...own)).toEqual([]);
});
