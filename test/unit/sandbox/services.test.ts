import { describe, expect, test } from 'vitest';
import {
  ConflictError,
  FailedError,
  NotFoundError,
  NotOwnerError,
  ServiceFailedError,
  TimedOutError,
  UsageError,
} from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import {
  type ChangedServices,
  changeServices,
  createSandbox,
  findOwnServices,
  findServices,
  listServices,
  readRecord,
  type ServiceAction,
} from '../../../src/sandbox/index.js';
import { type Cluster, cluster } from './agents.js';
import { AGENT, contextOf, request, tinyEngine } from './fixture.js';

interface Options {
  readonly wait?: boolean;
  readonly all?: boolean;
  readonly events?: FlowEvent[];
  readonly signal?: AbortSignal;
}

async function act(
  { engine }: Pick<Cluster, 'engine'>,
  action: ServiceAction,
  words: readonly string[],
  { wait = true, all = false, events = [], signal }: Options = {},
): Promise<ChangedServices> {
  const context = contextOf(engine, { report: (event) => events.push(event), ...(signal ? { signal } : {}) });
  const rights = { user: 'ann', owner: 'ann', force: false, command: `service ${action}` };
  const services = all ? 'all' : 'required';
  const found = await findOwnServices(context.engines, { words, services, ...rights });
  return changeServices(context, found, { action, wait });
}

const stepsOf = (events: readonly FlowEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'step-done' ? [event.step] : []));

async function recorded({ engine }: Cluster): Promise<unknown[]> {
  const { changes } = await readRecord(engine, 'bds.demo');
  return changes.filter(({ what }) => what !== 'created').map(({ what, services }) => [what, services]);
}

describe('stop', () => {
  test('on all nodes that have it, recorded, told', async () => {
    const it = await cluster();
    const events: FlowEvent[] = [];
    const stopped = await act(it, 'stop', ['store'], { events });
    expect(it.told).toEqual(['node1 stop store', 'node2 stop store', 'node3 stop store']);
    expect(stopped).toMatchObject({
      sandbox: 'demo',
      action: 'stop',
      changed: ['node1/store', 'node2/store', 'node3/store'],
      unchanged: [],
      services: [{ node: 'node1', name: 'store', state: 'stopped' }, {}, {}],
    });
    expect(stepsOf(events)).toEqual(['stop']);
    expect(events).toContainEqual({ type: 'service', node: 'node2', service: 'store', state: 'stopped', detail: '' });
    expect(await recorded(it)).toEqual([['services stopped', ['node1/store', 'node2/store', 'node3/store']]]);
  });

  test('all of them wave by wave, on all nodes at once', async () => {
    const it = await cluster();
    await act(it, 'stop', [], { all: true });
    expect(it.told).toEqual([
      'node1 stop master',
      'node2 stop table',
      'node3 stop table',
      'node1 stop names store',
      'node2 stop store',
      'node3 stop store',
    ]);
  });

  test.each(['stopped', 'failed'] as const)('one that is %s is left alone, and nothing is recorded', async (state) => {
    const it = await cluster();
    it.states.set('node1/master', state);
    expect(await act(it, 'stop', ['master'])).toMatchObject({ changed: [], unchanged: ['node1/master'] });
    expect(it.told).toEqual([]);
    expect(await recorded(it)).toEqual([]);
  });

  test('what an agent refuses is told; what was done before is recorded', async () => {
    const it = await cluster();
    it.engine.when([AGENT, 'stop', 'store'], async ({ stderr }) => {
      await stderr('s6-svc: timed out\n');
      return 99;
    });
    const failed = act(it, 'stop', ['demo', 'store', 'table']);
    await expect(failed).rejects.toThrow(FailedError);
    await expect(failed).rejects.toThrow(/'stop store': s6-svc: timed out/);
    expect(await recorded(it)).toEqual([['services stopped', ['node2/table', 'node3/table']]]);
  });
});

describe('start', () => {
  test.each(['stopped', 'failed'] as const)(
    'one that is %s, on the node that is named, until it is ready',
    async (state) => {
      const it = await cluster();
      for (const node of ['node2', 'node3']) it.states.set(`${node}/store`, state);
      const events: FlowEvent[] = [];
      const started = await act(it, 'start', ['demo/node2', 'store'], { events });
      expect(it.told).toEqual(['node2 start store', 'node2 wait store']);
      expect(started).toMatchObject({ changed: ['node2/store'], services: [{ node: 'node2', state: 'ready' }] });
      expect(stepsOf(events)).toEqual(['start', 'ready']);
      expect(await recorded(it)).toEqual([['services started', ['node2/store']]]);
    },
  );

  test('one that runs is left alone, and waited for', async () => {
    const it = await cluster();
    it.states.set('node1/names', 'starting');
    const started = await act(it, 'start', ['names']);
    expect(it.told).toEqual(['node1 wait names']);
    expect(started).toMatchObject({ changed: [], unchanged: ['node1/names'], services: [{ state: 'ready' }] });
    expect(await recorded(it)).toEqual([]);
  });

  test('without waiting', async () => {
    const it = await cluster();
    it.states.set('node1/names', 'stopped');
    expect((await act(it, 'start', ['names'], { wait: false })).services).toMatchObject([{ state: 'starting' }]);
    expect(it.told).toEqual(['node1 start names']);
  });

  test('one that fails: its log, where to look, and the record of what was done', async () => {
    const it = await cluster();
    it.states.set('node1/names', 'stopped');
    it.engine.when([AGENT, 'wait'], async ({ stdout }) => {
      await stdout('{"name":"names","state":"failed","pid":null,"since":null,"detail":"ended with 1"}\n');
      return 1;
    });
    const failed = act(it, 'start', ['names']);
    await expect(failed).rejects.toThrow(ServiceFailedError);
    await expect(failed).rejects.toMatchObject({
      message: 'names on node1 failed: ended with 1',
      hint: 'all of its log: bdsandbox logs demo/node1/names',
    });
    expect(await recorded(it)).toEqual([['services started', ['node1/names']]]);
  });

  test('one that is not ready in time: 69, without talk of --keep', async () => {
    const it = await cluster();
    it.engine.when([AGENT, 'wait'], () => 69);
    const failed = act(it, 'start', ['names']);
    await expect(failed).rejects.toThrow(TimedOutError);
    await expect(failed).rejects.toMatchObject({ exitCode: 69, hint: expect.not.stringContaining('--keep') });
  });
});

describe('restart', () => {
  test('stops in waves, starts at once, waits for no other service', async () => {
    const it = await cluster();
    it.states.set('node3/table', 'failed');
    const events: FlowEvent[] = [];
    const done = await act(it, 'restart', ['demo', 'names', 'table'], { events });
    expect(it.told).toEqual([
      'node2 stop table',
      'node1 stop names',
      'node1 start names',
      'node2 start table',
      'node3 start table',
      'node1 wait names',
      'node2 wait table',
      'node3 wait table',
    ]);
    expect(done.changed).toEqual(['node1/names', 'node2/table', 'node3/table']);
    expect(stepsOf(events)).toEqual(['stop', 'start', 'ready']);
    expect(await recorded(it)).toEqual([['services restarted', ['node2/table', 'node1/names', 'node3/table']]]);
  });

  test('interrupted before anything: nothing is touched', async () => {
    const it = await cluster();
    const reason = new Error('Ctrl-C');
    await expect(act(it, 'restart', ['names'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(it.told).toEqual([]);
  });

  test.each([
    ['stopped', 'start'],
    ['paused', 'resume'],
  ])('on a node that is %s: what to do first', async (state, verb) => {
    const it = await cluster();
    if (state === 'stopped') await it.engine.containers.stop('bds.demo.node2', { graceMs: 0 });
    else await it.engine.containers.pause('bds.demo.node2');
    const failed = act(it, 'restart', ['table']);
    await expect(failed).rejects.toThrow(ConflictError);
    await expect(failed).rejects.toMatchObject({
      message: `node node2 of demo is ${state}`,
      hint: `first: bdsandbox ${verb} demo`,
    });
    expect(it.told).toEqual([]);
    await act(it, 'restart', ['demo/node3/table']);
    expect(it.told[0]).toBe('node3 stop table');
  });
});

describe('which services', () => {
  async function placesOf(
    it: Pick<Cluster, 'engine'>,
    words: readonly string[],
    services: 'optional' | 'required' | 'all',
  ) {
    const { record, places } = await findServices(contextOf(it.engine).engines, { words, owner: 'ann', services });
    return [record.sandbox.name, ...places.map(({ node, service }) => `${node}/${service}`)].join(' ');
  }

  test('SANDBOX, SANDBOX/NODE, SANDBOX/NODE/SERVICE, or none of them', async () => {
    const it = await cluster();
    expect(await placesOf(it, ['demo', 'table'], 'required')).toBe('demo node2/table node3/table');
    expect(await placesOf(it, ['table'], 'required')).toBe('demo node2/table node3/table');
    expect(await placesOf(it, ['demo/node3', 'table', 'store'], 'required')).toBe('demo node3/store node3/table');
    expect(await placesOf(it, ['demo/node3/table'], 'required')).toBe('demo node3/table');
    expect(await placesOf(it, ['demo/node3'], 'all')).toBe('demo node3/store node3/table');
    expect(await placesOf(it, ['demo'], 'optional')).toContain('node1/master');
    expect(await placesOf(it, ['master'], 'optional')).toBe('demo node1/master');
    expect((await placesOf(it, [], 'all')).split(' ')).toHaveLength(8);
  });

  test('a sandbox that is called as a service', async () => {
    const it = await cluster(['store']);
    expect(await placesOf(it, ['store'], 'required')).toBe('store node1/store node2/store node3/store');
    expect(await placesOf(it, ['store', 'names'], 'required')).toBe('store node1/names');
    expect(await placesOf(it, ['store', 'store'], 'required')).toContain('node1/store');
    expect(await placesOf(it, ['store'], 'optional')).toContain('node1/master');
  });

  test.each<[string, string[], 'required' | 'all', typeof UsageError | typeof NotFoundError, RegExp]>([
    ['no word', [], 'required', UsageError, /say which services of demo/],
    ['a sandbox alone', ['demo'], 'required', UsageError, /say which services of demo/],
    ['a node alone', ['demo/node1'], 'required', UsageError, /say which services of demo\/node1/],
    ['names and --all', ['demo', 'table'], 'all', UsageError, /one of the two/],
    ['no such service', ['demo', 'tabel'], 'required', NotFoundError, /demo has no service tabel/],
    ['one that is on other nodes', ['demo/node1/table'], 'required', NotFoundError, /demo\/node1 has no service table/],
    ['no such node', ['demo/node9', 'table'], 'required', NotFoundError, /no node node9/],
    ['no such sandbox', ['dmeo/node1', 'table'], 'required', NotFoundError, /no sandbox dmeo/],
    ['too many parts', ['demo/node1/table/x'], 'required', UsageError, /is not SANDBOX/],
    ['an empty part', ['demo//table'], 'required', UsageError, /is not SANDBOX/],
  ])('%s', async (_, words, services, expected, message) => {
    const it = await cluster();
    const failed = placesOf(it, words, services);
    await expect(failed).rejects.toThrow(expected);
    await expect(failed).rejects.toThrow(message);
  });

  test('of several sandboxes one must be named', async () => {
    const it = await cluster(['demo', 'other']);
    await expect(placesOf(it, ['table'], 'required')).rejects.toThrow(/you have 2 sandboxes/);
    await expect(placesOf(it, ['demo'], 'required')).rejects.toThrow(/say which services of demo/);
    expect(await placesOf(it, ['other', 'master'], 'required')).toBe('other node1/master');
  });

  test('somebody else’s may be looked at, and not changed', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request({ owner: 'bob' }));
    expect(await placesOf({ engine }, ['demo', 'echo'], 'required')).toContain('node1/echo');
    await expect(act({ engine }, 'stop', ['demo', 'echo'])).rejects.toThrow(NotOwnerError);
  });

  test('are listed as they say, and those of a stopped node as stopped', async () => {
    const it = await cluster();
    it.states.set('node2/table', 'failed');
    await it.engine.containers.stop('bds.demo.node3', { graceMs: 0 });
    const { engines } = contextOf(it.engine);
    const found = await findServices(engines, { words: ['demo', 'table'], owner: 'ann', services: 'optional' });
    expect(await listServices(engines, found)).toMatchObject([
      { node: 'node2', name: 'table', component: 'tiny', state: 'failed', detail: 'so is table' },
      { node: 'node3', name: 'table', state: 'stopped', detail: 'node stopped' },
    ]);
  });
});
