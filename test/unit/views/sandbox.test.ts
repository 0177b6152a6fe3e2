import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CreatedSandbox, SandboxNode } from '../../../src/sandbox/index.js';
import { sandboxStatus, sandboxSummary, sandboxTable, timingsTable } from '../../../src/views/index.js';

/** The engine's machine is this one. */
vi.mock('node:os', async (importOriginal) => ({ ...(await importOriginal<object>()), hostname: () => 'box' }));

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-01T12:00:00Z'), toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const MASTER: SandboxNode = {
  name: 'master1',
  container: 'bds.demo',
  address: '10.255.0.1',
  bridgeAddress: '10.253.0.2',
  state: 'running',
  services: [
    {
      name: 'namenode',
      component: 'hadoop',
      state: 'ready',
      pid: 117,
      since: '2026-01-01T11:55:00Z',
      detail: 'active, safe mode off',
    },
    {
      name: 'hmaster',
      component: 'hbase',
      state: 'starting',
      pid: 1230,
      since: '2026-01-01T11:59:50Z',
      detail: 'no answer on master1:16010',
    },
  ],
  ports: [
    { service: 'namenode', name: 'rpc', container: 8020, host: '127.0.0.1:49153', url: null },
    {
      service: 'namenode',
      name: 'web',
      container: 9870,
      host: '127.0.0.1:49154',
      url: 'http://127.0.0.1:49154/dfshealth.html',
    },
  ],
  cpuPercent: 12.34,
  memoryBytes: 1_234_567_890,
};

const WORKER: SandboxNode = {
  name: 'worker1',
  container: 'bds.demo.worker1',
  address: '10.255.0.2',
  bridgeAddress: null,
  state: 'stopped',
  services: [
    { name: 'datanode', component: 'hadoop', state: 'stopped', pid: null, since: null, detail: 'node stopped' },
  ],
  ports: [],
  cpuPercent: null,
  memoryBytes: null,
};

const SANDBOX: CreatedSandbox = {
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
  nodes: [MASTER, WORKER],
  timings: { image: 200, total: 31_400 },
};

const NO_FIGURES = { machines: [], figures: [] };

describe('sandboxTable', () => {
  it('shows each with its times', async () => {
    const other: CreatedSandbox = {
      ...SANDBOX,
      name: 'a-longer-name',
      state: 'running',
      owner: 'bob',
      createdAt: '2025-12-30T11:00:00Z',
      expiresAt: null,
      nodes: [MASTER],
    };
    const expired = { ...SANDBOX, name: 'old', state: 'error', expiresAt: '2026-01-01T11:59:59Z' } as const;
    expect(await sandboxTable([SANDBOX, other, expired])).toMatchInlineSnapshot(`
      "NAME           STATE     TEMPLATE      NODES  OWNER  HOST  CREATED  EXPIRES
      demo           degraded  hadoop-hbase      2  ann    box   2 h ago  in 5h
      a-longer-name  running   hadoop-hbase      1  bob    box   2 d ago  never
      old            error     hadoop-hbase      2  ann    box   2 h ago  expired

      Degraded. Which service is not ready: bdsandbox status demo
      Error: its create was killed. Next: bdsandbox prune"
    `);
  });

  it('says what to do when there is none', async () => {
    expect(await sandboxTable([])).toBe('No sandboxes. Create one: bdsandbox create hadoop-hbase');
  });
});

it('sandboxStatus shows nodes, services and ports', async () => {
  expect(await sandboxStatus({ ...SANDBOX, ...NO_FIGURES })).toMatchInlineSnapshot(`
    "demo is degraded: hadoop-hbase, 2 nodes, of ann on box, created 2 h ago, expires in 5h

    NODE     STATE    ADDRESS        CPU  MEMORY  CONTAINER
    master1  running  10.255.0.1  12.3 %  1.2 GB  bds.demo
    worker1  stopped  10.255.0.2       -       -  bds.demo.worker1

    NODE     SERVICE   STATE     PID   SINCE      DETAIL
    master1  namenode  ready     117   5 min ago  active, safe mode off
             hmaster   starting  1230  10 s ago   no answer on master1:16010
    worker1  datanode  stopped   -     -          node stopped

    SERVICE       NODE     PORT  ON THIS HOST
    namenode web  master1  9870  http://127.0.0.1:49154/dfshealth.html
    namenode rpc  master1  8020  127.0.0.1:49153"
  `);
});

it('sandboxStatus keeps the comma where figures go on below, and takes the width there is', async () => {
  const figure = { unit: 'count', of: null, well: true } as const;
  const figures = ['datanodes', 'volumes', 'blocks', 'missing', 'under-replicated', 'decommissioning'].map((label) => ({
    ...figure,
    title: 'HDFS',
    label,
    value: 1_000_000,
  }));
  const lines = async (width?: number): Promise<string[]> =>
    (await sandboxStatus({ ...SANDBOX, machines: [], figures }, width === undefined ? {} : { width })).split('\n');
  const first = 'HDFS  datanodes 1000000, volumes 1000000, blocks 1000000, missing 1000000';
  expect((await lines()).slice(2, 4)).toEqual([`${first},`, '      under-replicated 1000000, decommissioning 1000000']);
  expect((await lines(first.length))[2]).not.toContain('missing');
  expect((await lines(160))[2]).toBe(`${first}, under-replicated 1000000, decommissioning 1000000`);
});

it('sandboxStatus of a sandbox that never expires, and of one node', async () => {
  const [first] = (
    await sandboxStatus({ ...SANDBOX, ...NO_FIGURES, state: 'running', expiresAt: null, nodes: [MASTER] })
  ).split('\n');
  expect(first).toMatchInlineSnapshot(
    `"demo is running: hadoop-hbase, 1 node, of ann on box, created 2 h ago, never expires"`,
  );
});

it('a sandbox of which every node is paused is paused, for people', async () => {
  const paused = (...states: SandboxNode['state'][]): CreatedSandbox => ({
    ...SANDBOX,
    state: 'stopped',
    nodes: states.map((state) => ({ ...MASTER, state })),
  });
  expect(await sandboxTable([paused('paused', 'paused')])).toMatch(/demo +paused/);
  expect(await sandboxStatus({ ...paused('paused'), ...NO_FIGURES })).toMatch(/^demo is paused:/);
  expect(await sandboxTable([paused('paused', 'stopped')])).toMatch(/demo +stopped/);
});

it.each([
  ['stopped', 'stopped', 'Stopped, its files are kept. Next: bdsandbox start demo other'],
  ['stopped', 'paused', 'Paused, its memory is kept. Next: bdsandbox resume demo other'],
  ['error', 'running', 'Error: its create was killed. Next: bdsandbox prune'],
  ['degraded', 'running', 'Degraded. Which service is not ready: bdsandbox status demo'],
] as const)('sandboxes that are %s, with nodes that are %s: what next', async (state, node, line) => {
  const demo = { ...SANDBOX, ...NO_FIGURES, state, nodes: [{ ...MASTER, state: node }] };
  expect((await sandboxTable([demo, { ...demo, name: 'other' }])).split('\n').slice(-2)).toEqual(['', line]);
  const status = (await sandboxStatus(demo)).split('\n')[1];
  // It is `status` that says which.
  expect(status).toBe(state === 'degraded' ? '' : line.replace(' other', ''));
});

it('timingsTable tells each phase', async () => {
  expect(await timingsTable({ network: 80, total: 3250 })).toBe('PHASE    TOOK\nnetwork  80 ms\ntotal    3.3 s');
});

describe('sandboxSummary', () => {
  it('says when a cluster began with a golden', async () => {
    const [first] = (await sandboxSummary({ ...SANDBOX, state: 'running', startedFrom: 'golden' })).split('\n');
    expect(first).toBe('demo is ready after 31.4 s: hadoop-hbase, 2 nodes, from a golden snapshot.');
  });

  it('says where things are and what to try', async () => {
    expect(await sandboxSummary({ ...SANDBOX, state: 'running' })).toMatchInlineSnapshot(`
      "demo is ready after 31.4 s: hadoop-hbase, 2 nodes.

      NODE     SERVICES
      master1  namenode hmaster
      worker1  datanode

      SERVICE       NODE     PORT  ON THIS HOST
      namenode web  master1  9870  http://127.0.0.1:49154/dfshealth.html
      namenode rpc  master1  8020  127.0.0.1:49153

      Try next:
        bdsandbox exec demo -- hdfs dfs -ls /
        bdsandbox exec demo -- hbase shell
        bdsandbox status demo
        bdsandbox destroy demo"
    `);
  });

  it('does not call ready what is not, and suggests only what is there', async () => {
    const text = await sandboxSummary({ ...SANDBOX, nodes: [WORKER] });
    expect(text.split('\n')[0]).toBe('demo is degraded after 31.4 s: hadoop-hbase, 1 node.');
    expect(text).not.toContain('hdfs');
    expect(text).not.toContain('hbase shell');
  });

  it('says what it was restored from, and why cold', async () => {
    const restored = { ...SANDBOX, state: 'running', startedFrom: 'snapshot', parentSnapshot: 'bug' } as const;
    const live = await sandboxSummary({ ...restored, mode: 'live', reason: '' });
    expect(live.split('\n').slice(0, 2)).toEqual([
      'demo is ready after 31.4 s: hadoop-hbase, 2 nodes, live from snapshot bug.',
      '',
    ]);
    const cold = await sandboxSummary({ ...restored, mode: 'cold', reason: 'it was taken cold' });
    expect(cold.split('\n').slice(0, 2)).toEqual([
      'demo is ready after 31.4 s: hadoop-hbase, 2 nodes, cold from snapshot bug.',
      'Its services started anew from their files, without the memory they had: it was taken cold.',
    ]);
    expect((await sandboxStatus({ ...restored, ...NO_FIGURES })).split('\n')[0]).toContain(
      'created 2 h ago from snapshot bug, expires',
    );
  });

  it('knows ZooKeeper has neither HDFS nor HBase', async () => {
    const text = await sandboxSummary({ ...SANDBOX, template: 'zookeeper', nodes: [{ ...MASTER, services: [] }] });
    expect(text.slice(text.indexOf('Try next:'))).toMatchInlineSnapshot(`
      "Try next:
        bdsandbox status demo
        bdsandbox destroy demo"
    `);
  });
});
