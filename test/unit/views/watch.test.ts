import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Watched, WatchedNode } from '../../../src/sandbox/index.js';
import { watchPrinter, watchScreen } from '../../../src/views/index.js';

const NOW = new Date('2026-01-01T12:00:00Z');

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const MASTERS = ['namenode', 'resourcemanager', 'hmaster'];
const WORKERS = ['zookeeper', 'datanode', 'nodemanager', 'regionserver'];

function node(name: string, services: readonly string[], more: Partial<WatchedNode> = {}): WatchedNode {
  return {
    name,
    container: `bds.demo.${name}`,
    address: '10.255.0.1',
    bridgeAddress: '10.253.0.2',
    state: 'running',
    services: services.map((service) => ({
      name: service,
      component: 'hadoop',
      state: 'ready',
      pid: 1017,
      since: '2026-01-01T11:55:00Z',
      detail: `all is well with ${service}`,
    })),
    ports: [],
    cpuPercent: 12.34,
    memoryBytes: 512_000_000,
    diskBytes: 12_300_000,
    receivedPerSecond: 1234,
    sentPerSecond: 56,
    ...more,
  };
}

const BROKEN = node('worker3', WORKERS, { state: 'degraded' });
const [zookeeper, datanode, ...others] = BROKEN.services;

const SIGHT: Watched = {
  at: NOW,
  name: 'demo',
  owner: 'ann',
  host: 'box',
  template: 'hadoop-hbase',
  topology: 'cluster',
  state: 'degraded',
  createdAt: '2026-01-01T09:30:00Z',
  expiresAt: '2026-01-01T17:00:00Z',
  parentSnapshot: null,
  startedFrom: 'cold',
  machines: [
    {
      host: 'box',
      cpus: 4,
      cpuPercent: 100,
      memoryBytes: 16e9,
      memoryFreeBytes: 8e9,
      diskBytes: 100e9,
      diskFreeBytes: 50e9,
    },
  ],
  figures: [
    { title: 'HDFS', label: 'used', unit: 'bytes', value: 27_600, of: 813e9, well: true },
    { title: 'HDFS', label: 'DataNodes', unit: 'count', value: 2, of: 3, well: false },
    { title: 'HDFS', label: 'under-replicated', unit: 'count', value: 7, of: null, well: false },
    { title: 'HDFS', label: 'missing blocks', unit: 'count', value: 0, of: null, well: true },
    { title: 'YARN', label: 'memory used', unit: 'bytes', value: 0, of: 6e9, well: true },
  ],
  nodes: [
    node('master1', MASTERS),
    node('master2', MASTERS),
    node('worker1', WORKERS),
    node('worker2', WORKERS),
    {
      ...BROKEN,
      services:
        zookeeper && datanode
          ? [zookeeper, { ...datanode, state: 'failed', detail: 'ended by itself with signal 9' }, ...others]
          : [],
    },
  ],
};

const screen = async (columns: number, rows: number): Promise<string> =>
  (await watchScreen(SIGHT, { columns, rows })).join('\n');

describe('watchScreen', () => {
  it('of five nodes in 80 columns and 24 rows: the services that are not ready', async () => {
    expect(await screen(80, 24)).toMatchInlineSnapshot(`
      "demo is degraded: hadoop-hbase, 5 nodes, of ann on box              12:00:00 UTC

      box   CPU 25 % of 4 cores, memory used 8.0 GB of 16.0 GB,
            disk used 50.0 GB of 100 GB
      HDFS  used 27.6 kB of 813 GB, DataNodes 2 of 3, under-replicated 7,
            missing blocks 0
      YARN  memory used 0 B of 6.0 GB

      NODE     STATE      CPU  MEMORY     DISK    IN/S  OUT/S  READY
      master1  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 3
      master2  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 3
      worker1  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  4 of 4
      worker2  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  4 of 4
      worker3  degraded  12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 4

      17 services are ready, 1 not:
      NODE     SERVICE   STATE   SINCE      DETAIL
      worker3  datanode  failed  5 min ago  ended by itself with signal 9

      q ends; a higher window shows all services"
    `);
  });

  it('with all services where there is room', async () => {
    expect(await screen(80, 50)).toMatchInlineSnapshot(`
      "demo is degraded: hadoop-hbase, 5 nodes, of ann on box              12:00:00 UTC

      box   CPU 25 % of 4 cores, memory used 8.0 GB of 16.0 GB,
            disk used 50.0 GB of 100 GB
      HDFS  used 27.6 kB of 813 GB, DataNodes 2 of 3, under-replicated 7,
            missing blocks 0
      YARN  memory used 0 B of 6.0 GB

      NODE     STATE      CPU  MEMORY     DISK    IN/S  OUT/S  READY
      master1  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 3
      master2  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 3
      worker1  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  4 of 4
      worker2  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  4 of 4
      worker3  degraded  12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 4

      NODE     SERVICE          STATE   SINCE      DETAIL
      master1  namenode         ready   5 min ago  all is well with namenode
               resourcemanager  ready   5 min ago  all is well with resourcemanager
               hmaster          ready   5 min ago  all is well with hmaster
      master2  namenode         ready   5 min ago  all is well with namenode
               resourcemanager  ready   5 min ago  all is well with resourcemanager
               hmaster          ready   5 min ago  all is well with hmaster
      worker1  zookeeper        ready   5 min ago  all is well with zookeeper
               datanode         ready   5 min ago  all is well with datanode
               nodemanager      ready   5 min ago  all is well with nodemanager
               regionserver     ready   5 min ago  all is well with regionserver
      worker2  zookeeper        ready   5 min ago  all is well with zookeeper
               datanode         ready   5 min ago  all is well with datanode
               nodemanager      ready   5 min ago  all is well with nodemanager
               regionserver     ready   5 min ago  all is well with regionserver
      worker3  zookeeper        ready   5 min ago  all is well with zookeeper
               datanode         failed  5 min ago  ended by itself with signal 9
               nodemanager      ready   5 min ago  all is well with nodemanager
               regionserver     ready   5 min ago  all is well with regionserver

      q ends"
    `);
  });

  it('in 160 columns', async () => {
    expect(await screen(160, 24)).toMatchInlineSnapshot(`
      "demo is degraded: hadoop-hbase, 5 nodes, of ann on box, created 2 h ago, expires in 5h                                                              12:00:00 UTC

      box   CPU 25 % of 4 cores, memory used 8.0 GB of 16.0 GB, disk used 50.0 GB of 100 GB
      HDFS  used 27.6 kB of 813 GB, DataNodes 2 of 3, under-replicated 7, missing blocks 0
      YARN  memory used 0 B of 6.0 GB

      NODE     STATE      CPU  MEMORY     DISK    IN/S  OUT/S  READY   SERVICES
      master1  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 3  namenode resourcemanager hmaster
      master2  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 3  namenode resourcemanager hmaster
      worker1  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  4 of 4  zookeeper datanode nodemanager regionserver
      worker2  running   12 %  512 MB  12.3 MB  1.2 kB   56 B  4 of 4  zookeeper datanode nodemanager regionserver
      worker3  degraded  12 %  512 MB  12.3 MB  1.2 kB   56 B  3 of 4  zookeeper datanode (failed) nodemanager regionserver

      17 services are ready, 1 not:
      NODE     SERVICE   STATE   PID   SINCE      DETAIL
      worker3  datanode  failed  1017  5 min ago  ended by itself with signal 9

      q ends; a higher window shows all services"
    `);
  });

  it.each([
    [80, 24],
    [80, 15],
    [80, 60],
    [100, 24],
    [160, 24],
    [160, 60],
  ])('fits into %i columns', async (columns, rows) => {
    const lines = await watchScreen(SIGHT, { columns, rows });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
    if (rows >= 24) expect(lines.length).toBeLessThanOrEqual(rows);
  });
});

describe('watchPrinter', () => {
  it('prints services when they are new or change', () => {
    const print = watchPrinter();
    expect(
      print(SIGHT)
        .filter((line) => !line.includes('ready: all is well'))
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "2026-01-01T12:00:00Z demo degraded: 17 of 18 services ready
      2026-01-01T12:00:00Z box: CPU 25 % of 4 cores, memory used 8.0 GB of 16.0 GB, disk used 50.0 GB of 100 GB
      2026-01-01T12:00:00Z HDFS: used 27.6 kB of 813 GB, DataNodes 2 of 3, under-replicated 7, missing blocks 0
      2026-01-01T12:00:00Z YARN: memory used 0 B of 6.0 GB
      2026-01-01T12:00:00Z master1 running: CPU 12 %, memory 512 MB, disk 12.3 MB, in 1.2 kB/s, out 56 B/s
      2026-01-01T12:00:00Z master2 running: CPU 12 %, memory 512 MB, disk 12.3 MB, in 1.2 kB/s, out 56 B/s
      2026-01-01T12:00:00Z worker1 running: CPU 12 %, memory 512 MB, disk 12.3 MB, in 1.2 kB/s, out 56 B/s
      2026-01-01T12:00:00Z worker2 running: CPU 12 %, memory 512 MB, disk 12.3 MB, in 1.2 kB/s, out 56 B/s
      2026-01-01T12:00:00Z worker3 degraded: CPU 12 %, memory 512 MB, disk 12.3 MB, in 1.2 kB/s, out 56 B/s
      2026-01-01T12:00:00Z worker3/datanode failed: ended by itself with signal 9"
    `);
    expect(print(SIGHT).some((line) => line.includes('/datanode'))).toBe(false);
    const worse = SIGHT.nodes.map((each) => ({
      ...each,
      services: each.services.map((service) => ({ ...service, state: 'starting' as const })),
    }));
    const told = print({ ...SIGHT, nodes: worse }).filter((line) => line.includes('/'));
    expect(told.filter((line) => line.includes(' starting: '))).toHaveLength(18);
  });
});
