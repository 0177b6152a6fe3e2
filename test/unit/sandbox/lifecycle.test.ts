import { describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import {
  ConflictError,
  EngineFailedError,
  FailedError,
  NotFoundError,
  NotOwnerError,
  PartlyDoneError,
  PortTakenError,
  ServiceFailedError,
  UsageError,
} from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import {
  createSandbox,
  findSandboxes,
  type Lifecycle,
  pauseSandboxes,
  readRecord,
  resumeSandboxes,
  selectSandboxes,
  startSandboxes,
  stopSandboxes,
} from '../../../src/sandbox/index.js';
import { type Cluster, cluster } from './agents.js';
import { AGENT, contextOf, request, tinyEngine } from './fixture.js';

const ACTIONS = {
  stop: stopSandboxes,
  start: (...[context, records]: Parameters<typeof stopSandboxes>) => startSandboxes(context, records, { wait: true }),
  pause: pauseSandboxes,
  resume: resumeSandboxes,
} as const;
type Action = keyof typeof ACTIONS;

/** A second later at each look: the engine in memory is faster than the clock. */
let seconds = Date.now() / 1000;
const now = (): Date => {
  seconds += 1;
  return new Date(seconds * 1000);
};

async function act(
  engine: MemoryEngine,
  action: Action,
  names = ['demo'],
  events: FlowEvent[] = [],
): Promise<Lifecycle> {
  const context = contextOf(engine, { report: (event) => events.push(event), now });
  const which = { which: { names }, user: 'ann', owner: 'ann', force: false, command: action };
  return ACTIONS[action](context, await selectSandboxes(context.engines, which));
}

async function states(engine: MemoryEngine): Promise<string[]> {
  return (await engine.containers.list({})).map(({ name, state }) => `${name} ${state}`).sort();
}

const all = (state: string): string[] =>
  ['bds.demo', 'bds.demo.node2', 'bds.demo.node3'].map((name) => `${name} ${state}`);

async function changes(engine: MemoryEngine): Promise<string[]> {
  return (await readRecord(engine, 'bds.demo')).changes.map(({ what }) => what).filter((what) => what !== 'created');
}

const warnings = (events: readonly FlowEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));

describe('stop', () => {
  test('ends what has an order wave by wave on all nodes, and then the nodes', async () => {
    const { engine, told } = await cluster();
    const before = engine.callNames.length;
    const stopped = await act(engine, 'stop');
    expect(stopped).toMatchObject({
      changed: ['demo'],
      unchanged: [],
      sandboxes: [{ name: 'demo', state: 'stopped' }],
    });
    expect(told).toEqual(['node1 stop master', 'node2 stop table', 'node3 stop table']);
    expect(await states(engine)).toEqual(all('stopped'));
    const calls = engine.callNames.slice(before);
    expect(calls.lastIndexOf('containers.exec')).toBeLessThan(calls.indexOf('containers.stop'));
    expect(await changes(engine)).toEqual(['stopped']);
  });

  test('a single node orders its services by itself', async () => {
    const engine = tinyEngine();
    await createSandbox(
      contextOf(engine),
      request({ plan: { ...request().plan, nodes: request().plan.nodes.slice(0, 1) } }),
    );
    const execs = engine.callNames.filter((name) => name === 'containers.exec').length;
    await act(engine, 'stop');
    expect(engine.callNames.filter((name) => name === 'containers.exec')).toHaveLength(execs);
    expect(await states(engine)).toEqual(['bds.demo stopped']);
  });

  test('one that is stopped is left alone, and not recorded again', async () => {
    const { engine } = await cluster();
    await act(engine, 'stop');
    const calls = engine.callNames.filter((name) => name === 'containers.stop').length;
    expect(await act(engine, 'stop')).toMatchObject({ changed: [], unchanged: ['demo'] });
    expect(engine.callNames.filter((name) => name === 'containers.stop')).toHaveLength(calls);
    expect(await changes(engine)).toEqual(['stopped']);
  });

  test('one that is paused goes on first: what stands cannot end', async () => {
    const { engine, told } = await cluster();
    await act(engine, 'pause');
    const before = engine.callNames.length;
    await act(engine, 'stop');
    expect(told).toContain('node1 stop master');
    const calls = engine.callNames.slice(before);
    expect(calls.lastIndexOf('containers.unpause')).toBeLessThan(calls.indexOf('containers.exec'));
    expect(await states(engine)).toEqual(all('stopped'));
  });

  test.each(['orders', 'stop'])('an agent that fails at %s is told, and stopped all the same', async (command) => {
    const { engine } = await cluster();
    engine.when([AGENT, command], async ({ stderr }) => {
      await stderr('it is ill\n');
      return 1;
    });
    const events: FlowEvent[] = [];
    await act(engine, 'stop', ['demo'], events);
    expect(warnings(events)[0]).toMatch(/^services of demo\/node1 are not stopped in the order.*it is ill/);
    expect(await states(engine)).toEqual(all('stopped'));
  });

  test('the engine’s failure is the command’s', async () => {
    const { engine } = await cluster();
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.stop') throw new EngineFailedError('it hangs', 'mend it');
    };
    await expect(act(engine, 'stop')).rejects.toThrow('it hangs');
    engine.beforeCall = undefined;
    expect(await changes(engine)).toEqual([]);
  });
});

describe('start', () => {
  test('brings all back, under the same addresses, and waits for the services', async () => {
    const { engine } = await cluster();
    const addresses = async () =>
      (await findSandboxes(contextOf(engine).engines))[0]?.sandbox.nodes.map((n) => n.bridgeAddress);
    const before = await addresses();
    await act(engine, 'stop');
    const events: FlowEvent[] = [];
    const started = await act(engine, 'start', ['demo'], events);
    expect(started).toMatchObject({ changed: ['demo'], sandboxes: [{ state: 'running' }] });
    expect(started.sandboxes[0]?.nodes[0]?.services.map(({ name }) => name)).toEqual(['store', 'names', 'master']);
    expect(started.sandboxes[0]?.nodes[0]?.ports).toHaveLength(1);
    expect(await addresses()).toEqual(before);
    expect(events.filter(({ type }) => type === 'service').length).toBeGreaterThan(3);
    expect(await changes(engine)).toEqual(['stopped', 'started']);
  });

  test('of what runs does nothing but wait', async () => {
    const { engine } = await cluster();
    expect(await act(engine, 'start')).toMatchObject({ changed: [], unchanged: ['demo'] });
    expect(await changes(engine)).toEqual([]);
  });

  test('of what is paused goes on', async () => {
    const { engine } = await cluster();
    await act(engine, 'pause');
    expect(await act(engine, 'start')).toMatchObject({ changed: ['demo'], sandboxes: [{ state: 'running' }] });
  });

  test('without waiting asks no service', async () => {
    const { engine } = await cluster();
    await act(engine, 'stop');
    const execs = engine.callNames.filter((name) => name === 'containers.exec').length;
    const { engines } = contextOf(engine);
    const records = await findSandboxes(engines);
    await startSandboxes(contextOf(engine), records, { wait: false });
    expect(engine.callNames.filter((name) => name === 'containers.exec')).toHaveLength(execs);
  });

  test('a port that is taken: what was started is stopped again', async () => {
    const { engine } = await cluster();
    await act(engine, 'stop');
    const first = (await engine.containers.inspect('bds.demo')).id;
    const start = engine.containers.start.bind(engine.containers);
    engine.containers.start = async (id) => {
      if (id === first) throw new PortTakenError('port 8080 is in use', 'free it');
      return start(id);
    };
    await expect(act(engine, 'start')).rejects.toThrow(PortTakenError);
    expect(await states(engine)).toEqual(all('stopped'));
    expect(await changes(engine)).toEqual(['stopped']);
  });

  test('a network that is gone is told, with what is left to do', async () => {
    const { engine } = await cluster();
    await act(engine, 'stop');
    for (const { id } of await engine.networks.list({})) await engine.networks.remove(id);
    const failed = act(engine, 'start');
    await expect(failed).rejects.toThrow(FailedError);
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining('the network of demo is gone'),
      hint: expect.stringContaining('bdsandbox cp demo:'),
    });
  });

  test('a service that does not come up: it goes on running, and the hint says where to look', async () => {
    const { engine, states: services } = await cluster();
    await act(engine, 'stop');
    services.set('node2/table', 'failed');
    const failed = act(engine, 'start');
    await expect(failed).rejects.toThrow(ServiceFailedError);
    await expect(failed).rejects.toMatchObject({
      message: 'table on node2 failed: so is table',
      hint: 'all of its log: bdsandbox logs demo/node2/table',
      details: ['last lines of /var/log/table.log on node2:', 'one', 'two'],
    });
    expect(await states(engine)).toEqual(all('running'));
  });

  test('a service that was stopped on request is told', async () => {
    const { engine, states: services } = await cluster();
    services.set('node3/store', 'stopped');
    const events: FlowEvent[] = [];
    await act(engine, 'start', ['demo'], events);
    expect(warnings(events)).toEqual([
      'stopped on request, and still is: store of node3; bdsandbox service start demo --all',
    ]);
  });

  test('a node that is gone is told; an unreadable plan is no reason not to start', async () => {
    const { engine } = await cluster();
    await act(engine, 'stop');
    await engine.containers.remove('bds.demo.node3');
    for (const name of ['bds.demo', 'bds.demo.node2']) {
      await engine.containers.writeFiles(name, [{ path: '/etc/bdsandbox/plan.json', content: '{"nodes":7' }]);
    }
    const events: FlowEvent[] = [];
    await act(engine, 'start', ['demo'], events);
    expect(warnings(events)).toEqual(['demo: 1 of its 3 nodes are gone']);
  });
});

describe('pause and resume', () => {
  test('stand and go on, recorded; twice is fine', async () => {
    const { engine } = await cluster();
    expect(await act(engine, 'pause')).toMatchObject({ changed: ['demo'], sandboxes: [{ state: 'stopped' }] });
    expect(await states(engine)).toEqual(all('paused'));
    expect(await act(engine, 'pause')).toMatchObject({ changed: [], unchanged: ['demo'] });
    expect(await act(engine, 'resume')).toMatchObject({ changed: ['demo'], sandboxes: [{ state: 'running' }] });
    expect(await act(engine, 'resume')).toMatchObject({ changed: [], unchanged: ['demo'] });
    expect(await states(engine)).toEqual(all('running'));
    expect(await changes(engine)).toEqual(['paused', 'resumed']);
  });

  test('all nodes or none', async () => {
    const { engine } = await cluster();
    let count = 0;
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.pause') return;
      count += 1;
      if (count === 2) throw new EngineFailedError('no freezer', 'mend it');
    };
    await expect(act(engine, 'pause')).rejects.toThrow('no freezer');
    expect(await states(engine)).toEqual(all('running'));
  });

  test('interrupted: none', async () => {
    const { engine } = await cluster();
    const { engines } = contextOf(engine);
    const records = await findSandboxes(engines);
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.pause') interrupt.abort(reason);
    };
    await expect(pauseSandboxes(contextOf(engine, { signal: interrupt.signal }), records)).rejects.toBe(reason);
    expect(await states(engine)).toEqual(all('running'));
  });

  test.each(['pause', 'resume'] as const)('%s of a stopped one is a conflict', async (action) => {
    const { engine } = await cluster();
    await act(engine, 'stop');
    const failed = act(engine, action);
    await expect(failed).rejects.toThrow(ConflictError);
    await expect(failed).rejects.toMatchObject({ hint: 'start it: bdsandbox start demo' });
  });
});

describe('which sandboxes', () => {
  const selection = { user: 'ann', owner: 'ann', force: false, command: 'stop' };

  test('the only one, all of mine, by name; never somebody else’s', async () => {
    const engine = tinyEngine();
    const { engines } = contextOf(engine);
    await expect(selectSandboxes(engines, { ...selection, which: 'only' })).rejects.toThrow(NotFoundError);
    await createSandbox(contextOf(engine), request());
    await createSandbox(contextOf(engine), request({ name: 'bobs', owner: 'bob' }));
    const namesOf = async (which: 'only' | 'all' | { names: string[] }, more = {}): Promise<string[]> =>
      (await selectSandboxes(engines, { ...selection, which, ...more })).map(({ sandbox }) => sandbox.name);
    expect(await namesOf('only')).toEqual(['demo']);
    expect(await namesOf('all')).toEqual(['demo']);
    expect(await namesOf({ names: ['demo', 'demo'] })).toEqual(['demo']);
    await expect(namesOf({ names: ['bobs'] })).rejects.toMatchObject({
      hint: 'if they agree: bdsandbox stop bobs --force --owner bob',
    });
    await expect(namesOf({ names: ['bobs'] })).rejects.toThrow(NotOwnerError);
    await expect(namesOf({ names: ['bobs'] }, { owner: 'bob' })).rejects.toThrow(NotOwnerError);
    expect(await namesOf({ names: ['bobs'] }, { owner: 'bob', force: true })).toEqual(['bobs']);
    await expect(namesOf({ names: ['nope'] })).rejects.toThrow(NotFoundError);
    await expect(namesOf({ names: ['demo/node1'] })).rejects.toThrow(UsageError);
    await createSandbox(contextOf(engine), request({ name: 'two' }));
    await expect(namesOf('only')).rejects.toThrow(UsageError);
  });

  test('not one that is being made, or never was finished', async () => {
    for (const [creator, message] of [
      ['elsewhere:1:1', /still being created/],
      [undefined, /never finished/],
    ] as const) {
      const engine = tinyEngine();
      const dead = { creator: creator ?? 'elsewhere:1:1', ...(creator ? {} : { now: () => new Date(0) }) };
      const reached = Promise.withResolvers<void>();
      engine.beforeCall = ({ name }) => {
        if (name !== 'containers.exec') return;
        reached.resolve();
        return new Promise<void>(() => undefined);
      };
      void createSandbox(contextOf(engine, dead), request());
      await reached.promise;
      engine.beforeCall = undefined;
      for (const action of Object.keys(ACTIONS) as Action[]) {
        const failed = act(engine, action);
        await expect(failed).rejects.toThrow(ConflictError);
        await expect(failed).rejects.toThrow(message);
      }
      const { engines } = contextOf(engine);
      expect(await selectSandboxes(engines, { ...selection, which: 'all', finished: true })).toEqual([]);
      expect(await selectSandboxes(engines, { ...selection, which: 'all' })).toHaveLength(1);
      expect(await states(engine)).toEqual(all('running'));
    }
  });

  test('several at once; their nodes are told apart, and one that fails does not hold up the others', async () => {
    const { engine }: Cluster = await cluster(['demo', 'other']);
    const events: FlowEvent[] = [];
    expect((await act(engine, 'stop', ['demo', 'other'], events)).changed).toEqual(['demo', 'other']);
    expect(events.some((event) => event.type === 'service' && event.node === 'other/node1')).toBe(true);
    const bad = (await engine.containers.inspect('bds.other.node2')).id;
    const start = engine.containers.start.bind(engine.containers);
    engine.containers.start = (id) =>
      id === bad ? Promise.reject(new EngineFailedError('bad disk', 'mend it')) : start(id);
    const failed = act(engine, 'start', ['demo', 'other']);
    await expect(failed).rejects.toThrow(PartlyDoneError);
    await expect(failed).rejects.toMatchObject({ message: 'start: not done for other: bad disk', hint: 'mend it' });
    expect((await states(engine)).slice(0, 3)).toEqual(all('running'));
  });

  test('none of several: the first failure', async () => {
    const { engine } = await cluster(['demo', 'other']);
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.pause') throw new EngineFailedError('no freezer', 'mend it');
    };
    await expect(act(engine, 'pause', ['demo', 'other'])).rejects.toThrow(EngineFailedError);
  });

  test('none at all is fine', async () => {
    const engine = tinyEngine();
    expect(await act(engine, 'stop', [])).toEqual({ changed: [], unchanged: [], sandboxes: [] });
  });

  test('a record that cannot be written is told, and no failure', async () => {
    const { engine } = await cluster();
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.writeFiles') throw new EngineFailedError('read-only', 'mend it');
    };
    const events: FlowEvent[] = [];
    expect((await act(engine, 'pause', ['demo'], events)).changed).toEqual(['demo']);
    expect(warnings(events)).toEqual(['the record of changes lacks "paused": read-only']);
  });
});
