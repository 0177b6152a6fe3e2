import { beforeEach, describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { EngineFailedError } from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { changeSettings, makePlan, type Plan } from '../../../src/plan/index.js';
import {
  createSandbox,
  type FlowContext,
  findSandbox,
  PLAN_FILE,
  readRecord,
  type SetRequest,
  type SetValues,
  setValues,
} from '../../../src/sandbox/index.js';
import { catalog } from '../plan/shipped.js';
import { AGENT, contextOf, request, tinyEngine } from './fixture.js';

const HDFS = '/etc/hadoop/hdfs-site.xml';
const MASTER = 'bds.demo';
const NODES = [MASTER, 'bds.demo.master2', 'bds.demo.worker1', 'bds.demo.worker2', 'bds.demo.worker3'];

/** A cluster of five nodes whose services fail while hdfs-site has the value "bad", and are stopped when told so. */
let engine: MemoryEngine;
let context: FlowContext;
const events: FlowEvent[] = [];
const told: string[] = [];
/** The same by command: what is told a node at once. */
const commands: string[] = [];
const stopped = new Set<string>();

beforeEach(async () => {
  for (const list of [events, told, commands]) list.length = 0;
  stopped.clear();
  engine = tinyEngine();
  const plan = makePlan(catalog, { template: 'hadoop-hbase', nodes: 5, settings: ['hdfs-site:dfs.replication=2'] });
  const servicesOf = (files: { read(path: string): Buffer | undefined }, node: string): string[] => {
    const { nodes } = JSON.parse(String(files.read(PLAN_FILE))) as Plan;
    return nodes.find(({ name }) => name === node)?.services.map(({ name }) => name) ?? [];
  };
  const line = (node: string, name: string, bad: boolean): string => {
    const state = stopped.has(`${node}/${name}`) ? 'stopped' : bad && name === 'datanode' ? 'failed' : 'ready';
    return JSON.stringify({ name, state, pid: 7, since: null, detail: `${name} is so` });
  };
  const isBad = (files: { read(path: string): Buffer | undefined }): boolean =>
    String(files.read(HDFS)).includes('<value>bad</value>');
  engine
    .when([AGENT, 'services'], async ({ container: { labels }, files, stdout }) => {
      const node = labels['bdsandbox.node'] ?? '';
      await stdout(`[${servicesOf(files, node).map((name) => line(node, name, false))}]`);
    })
    .when([AGENT, 'orders'], async ({ container: { labels }, files, stdout }) => {
      for (const name of servicesOf(files, labels['bdsandbox.node'] ?? ''))
        await stdout(`${name} ${String(files.read(`/etc/bdsandbox/services/${name}/order`)).trim()}\n`);
    })
    .when([AGENT, 'wait'], async ({ command, container: { labels }, files, stdout }) => {
      const node = labels['bdsandbox.node'] ?? '';
      const names = command.length > 3 ? command.slice(3) : servicesOf(files, node);
      for (const name of names) await stdout(`${line(node, name, isBad(files))}\n`);
      return isBad(files) && names.includes('datanode') ? 1 : 0;
    });
  for (const action of ['start', 'stop']) {
    engine.when([AGENT, action], ({ command, container: { labels } }) => {
      told.push(...command.slice(2).map((name) => `${action} ${labels['bdsandbox.node']}/${name}`));
      commands.push(`${labels['bdsandbox.node']} ${command.slice(1).join(' ')}`);
    });
  }
  context = contextOf(engine, { report: (event) => void events.push(event) });
  await createSandbox(contextOf(engine), request({ plan }));
});

async function set(
  words: readonly string[],
  more: Partial<SetRequest> & { unset?: string[] } = {},
): Promise<SetValues> {
  const { unset = [], ...options } = more;
  const change = { set: words, unset };
  return setValues(context, await findSandbox(context.engines, 'demo', 'ann'), {
    change,
    resolve: async (plan) => changeSettings(catalog, plan, change),
    restart: true,
    wait: true,
    keep: false,
    ...options,
  });
}

async function read(path: string, container = MASTER): Promise<string> {
  return String(await engine.containers.readFile(container, path));
}

/** All config of all nodes, planned and real. */
async function everything(): Promise<string[]> {
  const paths = [PLAN_FILE, HDFS, '/etc/zookeeper/zoo.cfg'].flatMap((path) => [path, `/etc/bdsandbox/planned${path}`]);
  return Promise.all(NODES.flatMap((node) => paths.map((path) => read(path, node))));
}

const recorded = async (): Promise<object[]> => (await readRecord(engine, MASTER)).changes.slice(1);

describe('values are changed', () => {
  test('on all nodes, in both copies and the plan, and what reads them is restarted in order', async () => {
    const done = await set(['hdfs-site:dfs.replication=1']);
    expect(done.changes).toEqual([
      {
        file: 'hdfs-site',
        path: HDFS,
        key: 'dfs.replication',
        before: '2',
        after: '1',
        nodes: ['master1', 'master2', 'worker1', 'worker2', 'worker3'],
      },
    ]);
    const wanted = makePlan(catalog, {
      template: 'hadoop-hbase',
      nodes: 5,
      settings: ['hdfs-site:dfs.replication=1'],
    });
    for (const [index, node] of wanted.nodes.entries()) {
      for (const { path, content } of node.files) {
        expect(await read(path, NODES[index]), path).toBe(content);
        expect(await read(`/etc/bdsandbox/planned${path}`, NODES[index]), path).toBe(content);
      }
    }
    const workers = ['worker1', 'worker2', 'worker3'];
    expect(commands).toEqual([
      ...['master1', 'master2'].map((node) => `${node} stop hmaster`),
      ...workers.map((node) => `${node} stop regionserver`),
      'master1 stop namenode',
      'master2 stop secondarynamenode historyserver',
      ...workers.map((node) => `${node} stop datanode nodemanager`),
      'master1 start namenode hmaster',
      'master2 start hmaster secondarynamenode historyserver',
      ...workers.map((node) => `${node} start datanode nodemanager regionserver`),
    ]);
    expect(done.restarted).toContain('worker3/datanode');
    expect(done.restarted.some((each) => /zookeeper|resourcemanager/.test(each))).toBe(false);
    expect(done.services.every(({ state }) => state === 'ready')).toBe(true);
    expect(await recorded()).toMatchObject([
      { what: 'settings changed', set: ['hdfs-site:dfs.replication=1'], unset: [], by: 'ann' },
      { what: 'services restarted' },
    ]);
  });

  test('and it is said before anything is written what will be restarted', async () => {
    await set(['hdfs-site:dfs.replication=1']);
    const [first] = events;
    expect(first).toEqual({
      type: 'notice',
      level: 'info',
      message:
        'restarts 14 services on 5 nodes: namenode, hmaster (2 nodes), secondarynamenode, historyserver, datanode (3 nodes), nodemanager (3 nodes), regionserver (3 nodes)',
    });
    events.length = 0;
    await set(['hdfs-site:dfs.replication=3'], { restart: false });
    expect(events.some(({ type }) => type === 'notice')).toBe(false);
  });

  test('and a key that is probably mistyped is told before, and set all the same', async () => {
    const { changes } = await set(['hdfs-site:dfs.replicaton=1']);
    expect(changes).toMatchObject([{ key: 'dfs.replicaton', after: '1' }]);
    expect(events[0]).toEqual({
      type: 'notice',
      level: 'warning',
      message: 'hdfs-site:dfs.replicaton is no key that is known; did you mean dfs.replication?',
    });
  });

  test('and taken back: the template’s value counts again', async () => {
    const { changes } = await set([], { unset: ['hdfs-site:dfs.replication'] });
    expect(changes).toMatchObject([{ key: 'dfs.replication', before: '2', after: '3' }]);
    expect(JSON.parse(await read(PLAN_FILE))).toMatchObject({ settings: [] });
  });

  test('where they are so already nothing is done', async () => {
    const before = await everything();
    expect(await set(['hdfs-site:dfs.replication=2'])).toMatchObject({ changes: [], restarted: [], pending: [] });
    expect([await everything(), told, await recorded()]).toEqual([before, [], []]);
  });

  test('what was edited by hand stays, and is set right on the nodes that differ', async () => {
    const text = (await read(HDFS))
      .replace('<value>2</value>', '<value>1</value>')
      .replace('</conf', '  <!-- mine -->\n</conf');
    await engine.containers.writeFiles('bds.demo.worker1', [{ path: HDFS, content: text }]);
    const { changes, restarted } = await set(['hdfs-site:dfs.replication=2']);
    expect(changes).toMatchObject([{ before: '1', after: '2', nodes: ['worker1'] }]);
    expect([...new Set(restarted.map((each) => each.split('/')[0]))]).toEqual(['worker1']);
    expect(await read(HDFS, 'bds.demo.worker1')).toContain('<!-- mine -->');
    expect(await read(`/etc/bdsandbox/planned${HDFS}`, 'bds.demo.worker1')).not.toContain('mine');
  });

  test('a service that was stopped stays so, and a node without the file is left alone', async () => {
    stopped.add('worker1/datanode');
    await engine.containers.stop('bds.demo.worker2', { graceMs: 0 });
    const { restarted } = await set(['hdfs-site:dfs.replication=1']);
    expect(restarted).toContain('worker3/datanode');
    expect(restarted).toContain('worker1/nodemanager');
    expect(restarted).not.toContain('worker1/datanode');
    expect(restarted.some((each) => each.startsWith('worker2/'))).toBe(false);
    expect(await read(HDFS, 'bds.demo.worker2')).toBe(await read(HDFS));
  });

  test('of a stopped sandbox: its services read them when they start', async () => {
    for (const name of NODES) await engine.containers.stop(name, { graceMs: 0 });
    expect(await set(['zoo.cfg:tickTime=3000'])).toMatchObject({
      restarted: [],
      pending: [],
      changes: [{ after: '3000' }],
    });
    expect(await read('/etc/zookeeper/zoo.cfg')).toMatch(/^tickTime=3000$/m);
  });

  test('--no-restart names what still has the old ones', async () => {
    const { restarted, pending } = await set(['zoo.cfg:tickTime=3000'], { restart: false });
    expect([restarted, pending, told]).toEqual([
      [],
      ['worker1/zookeeper', 'worker2/zookeeper', 'worker3/zookeeper'],
      [],
    ]);
  });

  test('a file that no service reads', async () => {
    expect(await set(['log4j:log4j.rootLogger=DEBUG, console'])).toMatchObject({ restarted: [], pending: [] });
    expect(told).toEqual([]);
  });
});

describe('nothing is touched', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['for a wrong file', () => set(['hdfs-sit:a=b']), 'USAGE'],
    [
      'on a paused node',
      async () => {
        await engine.containers.pause('bds.demo.worker1');
        return set(['hdfs-site:dfs.replication=1']);
      },
      'CONFLICT',
    ],
    [
      'when a file of one node is none any more',
      async () => {
        await engine.containers.writeFiles('bds.demo.worker3', [{ path: HDFS, content: '' }]);
        return set(['hdfs-site:dfs.replication=1']);
      },
      'FAILED',
    ],
    [
      'without a plan',
      async () => {
        await engine.containers.writeFiles(MASTER, [{ path: PLAN_FILE, content: '' }]);
        return set(['hdfs-site:dfs.replication=1']);
      },
      'FAILED',
    ],
  ])('%s', async (_, act, code) => {
    const failed = act();
    await expect(failed).rejects.toMatchObject({ code, hint: expect.stringMatching(/\w/) });
    expect(await recorded()).toEqual([]);
    expect(told).toEqual([]);
    expect(await read(HDFS, 'bds.demo.worker2')).toContain('<value>2</value>');
  });

  test('paused, with --no-restart the files are written', async () => {
    for (const name of NODES) await engine.containers.pause(name);
    expect(await set(['hdfs-site:dfs.replication=1'], { restart: false })).toMatchObject({ restarted: [] });
    expect(await read(HDFS)).toContain('<value>1</value>');
  });
});

describe('all is put back', () => {
  test.each(['before', 'after'] as const)('when one node fails %s it is written', async (moment) => {
    const before = await everything();
    let count = 0;
    engine.beforeCall = ({ name, number }) => {
      if (name !== 'containers.writeFiles') return;
      count += 1;
      if (count === 3) engine.failAtCall(number, new EngineFailedError('the engine broke', 'mend it'), moment);
    };
    await expect(set(['hdfs-site:dfs.replication=1'])).rejects.toThrow('the engine broke');
    engine.beforeCall = undefined;
    expect(count).toBe(10);
    expect(await everything()).toEqual(before);
    expect([told, await recorded()]).toEqual([[], []]);
  });

  test('what cannot be put back is said', async () => {
    engine.beforeCall = ({ name, number }) => {
      if (name === 'containers.writeFiles')
        engine.failAtCall(number, new EngineFailedError('the engine broke', 'mend it'));
    };
    await expect(set(['hdfs-site:dfs.replication=1'])).rejects.toMatchObject({ code: 'PARTLY_DONE', exitCode: 6 });
  });

  test('when a service does not come up, which is told with its log', async () => {
    const before = await everything();
    const failed = set(['hdfs-site:dfs.blocksize=bad']);
    await expect(failed).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      message: 'datanode on worker1 failed: datanode is so; the old values are back',
      hint: expect.stringContaining('--keep'),
      details: expect.arrayContaining(['one', 'two']),
    });
    expect(await everything()).toEqual(before);
    expect((await recorded()).map((each) => Object(each).what)).toEqual([
      'settings changed',
      'services restarted',
      'settings put back',
      'services restarted',
    ]);
  });

  test('but not with --keep, which tells the way back', async () => {
    await expect(
      set(['hdfs-site:dfs.blocksize=bad', 'hdfs-site:dfs.replication=1'], { keep: true }),
    ).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      hint: expect.stringContaining('bdsandbox set demo hdfs-site:dfs.replication=2 --unset=hdfs-site:dfs.blocksize'),
    });
    expect(await read(HDFS)).toContain('<value>bad</value>');
  });

  test('on Ctrl-C, also in the middle of the restart', async () => {
    const before = await everything();
    const stop = new AbortController();
    engine.when([AGENT, 'stop'], () => stop.abort(new Error('stop')));
    context = { ...context, signal: stop.signal };
    await expect(set(['hdfs-site:dfs.replication=1'])).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'the change of demo was interrupted; the old values are back',
    });
    expect(await everything()).toEqual(before);
  });

  test('and when the old ones do not come up either, that is said', async () => {
    engine.when([AGENT, 'wait'], async ({ stdout }) => {
      await stdout('{"name":"datanode","state":"failed","pid":null,"since":null,"detail":"no disk"}\n');
      return 1;
    });
    await expect(set(['hdfs-site:dfs.replication=1'])).rejects.toMatchObject({
      code: 'PARTLY_DONE',
      message: expect.stringContaining('with the old values:'),
    });
  });
});
