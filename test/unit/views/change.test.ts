import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { ChangedServices, Sandbox, SetValues } from '../../../src/sandbox/index.js';
import {
  changedServices,
  changedValues,
  serviceTable,
  startedSandboxes,
  turnedSandboxes,
} from '../../../src/views/index.js';

const service = (node: string, name: string, state: 'ready' | 'stopped') =>
  ({ node, name, component: 'hadoop', state, pid: state === 'ready' ? 7 : null, since: null, detail: 'so' }) as const;

const RESTARTED: ChangedServices = {
  sandbox: 'demo',
  action: 'restart',
  changed: ['worker1/datanode', 'worker2/datanode'],
  unchanged: [],
  services: [service('worker1', 'datanode', 'ready'), service('worker2', 'datanode', 'ready')],
};

test('changedServices names what was done where, and what there was no need for', () => {
  expect(changedServices(RESTARTED)).toBe('Restarted datanode of worker1, worker2: ready');
  const { services } = RESTARTED;
  const half = {
    ...RESTARTED,
    action: 'start',
    changed: ['worker2/datanode'],
    unchanged: ['worker1/datanode'],
    services,
  };
  expect(changedServices(half as ChangedServices)).toBe(
    'Started datanode of worker2: ready\nRunning already: datanode of worker1: ready',
  );
  const none = {
    ...RESTARTED,
    action: 'stop',
    changed: [],
    unchanged: ['m/nn'],
    services: [service('m', 'nn', 'stopped')],
  };
  expect(changedServices(none as ChangedServices)).toBe('Not running before: nn of m: stopped');
});

test('changedValues: from what to what, in which file and where, and which services know', () => {
  const change = { file: 'hdfs-site', path: '/etc/hadoop/hdfs-site.xml', key: 'dfs.replication', nodes: ['m', 'w'] };
  const done: SetValues = {
    sandbox: 'demo',
    changes: [
      { ...change, before: '3', after: '1' },
      { ...change, key: 'my.own', before: null, after: '', nodes: ['m'] },
      { ...change, file: 'zoo.cfg', path: '/etc/zookeeper/zoo.cfg', key: 'a', before: 'b', after: null },
    ],
    restarted: ['m/namenode', 'w/datanode'],
    pending: [],
    services: [],
  };
  expect(changedValues(done)).toMatchInlineSnapshot(`
    "/etc/hadoop/hdfs-site.xml
      dfs.replication: 3 → 1  (m, w)
      my.own: not set → ''  (m)
    /etc/zookeeper/zoo.cfg
      a: b → not set  (m, w)
    Restarted m/namenode, w/datanode."
  `);
  expect(changedValues({ ...done, restarted: [], pending: ['m/namenode', 'w/datanode', 'v/datanode'] })).toMatch(
    /\nStill with the old values: m\/namenode, w\/datanode, v\/datanode; bdsandbox service restart demo namenode datanode$/,
  );
  expect(changedValues({ ...done, restarted: [] })).toMatch(/No running service reads it\.$/);
  expect(changedValues({ ...done, changes: [] })).toMatch(/has these values already/);
});

test('serviceTable says a node once', async () => {
  const services = [service('m', 'nn', 'ready'), service('m', 'rm', 'stopped'), service('w', 'dn', 'ready')];
  expect(await serviceTable(services)).toMatchInlineSnapshot(`
    "NODE  SERVICE  STATE    PID  SINCE  DETAIL
    m     nn       ready    7    -      so
          rm       stopped  -    -      so
    w     dn       ready    7    -      so"
  `);
});

test('turnedSandboxes', () => {
  expect(turnedSandboxes({ changed: ['a', 'b'], unchanged: ['c'], sandboxes: [] }, 'Stopped', 'stopped already')).toBe(
    'Stopped a, b.\nc is stopped already.',
  );
  expect(turnedSandboxes({ changed: [], unchanged: [], sandboxes: [] }, 'Stopped', '')).toBe('You have no sandbox.');
});

test('startedSandboxes shows the ports, which may be others now', async () => {
  const port = {
    service: 'namenode',
    name: 'web',
    container: 9870,
    host: '127.0.0.1:49200',
    url: 'http://127.0.0.1:49200/',
  };
  const node = {
    name: 'm',
    container: 'c',
    address: '10.255.0.1',
    bridgeAddress: null,
    state: 'running',
    services: [],
  };
  const sandbox = {
    name: 'demo',
    host: hostname(),
    state: 'running',
    nodes: [{ ...node, ports: [port] }],
  } as unknown as Sandbox;
  expect(await startedSandboxes({ changed: ['demo'], unchanged: [], sandboxes: [sandbox] })).toBe(
    [
      'Started demo.',
      '',
      'demo is running:',
      'SERVICE       NODE  PORT  ON THIS HOST',
      'namenode web  m     9870  http://127.0.0.1:49200/',
    ].join('\n'),
  );
  expect(await startedSandboxes({ changed: [], unchanged: ['demo'], sandboxes: [sandbox] })).toBe(
    'demo is running already.',
  );
});
