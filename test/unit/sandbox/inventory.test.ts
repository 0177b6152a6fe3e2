import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { EngineFailedError, NotFoundError, UsageError } from '../../../src/errors/index.js';
import { createSandbox, findSandbox, findSandboxes } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from './fixture.js';

const dead = `${hostname()}:4194305:1`;
const elsewhere = `not-${hostname()}:1:1`;

describe('findSandbox', () => {
  test('with nothing there', async () => {
    const { engines } = contextOf(tinyEngine());
    await expect(findSandbox(engines, undefined, 'ann')).rejects.toThrow(NotFoundError);
    await expect(findSandbox(engines, 'demo', 'ann')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'there is no sandbox demo',
      hint: 'create it: bdsandbox create hadoop-hbase demo',
    });
  });

  test('without a name means the owner’s only one', async () => {
    const engine = await engineWith(['mine', 'ann'], ['theirs', 'bob'], ['theirs-2', 'bob']);
    const found = await findSandbox(contextOf(engine).engines, undefined, 'ann');
    expect(found.sandbox.name).toBe('mine');
  });

  test('without a name and with several tells their names', async () => {
    const engine = await engineWith(['one', 'ann'], ['theirs', 'bob'], ['two', 'ann']);
    const error = await findSandbox(contextOf(engine).engines, undefined, 'ann').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      message: 'you have 2 sandboxes: one, two',
      hint: 'name one with --sandbox NAME, or set BDSANDBOX_SANDBOX',
    });
  });

  test('by name finds another owner’s too', async () => {
    const engine = await engineWith(['mine', 'ann'], ['theirs', 'bob']);
    const found = await findSandbox(contextOf(engine).engines, 'theirs', 'ann');
    expect(found.sandbox).toMatchObject({ name: 'theirs', owner: 'bob' });
    expect(found.containers.map(({ summary }) => summary.name)).toEqual(['bds.theirs']);
  });

  test('by a wrong name tells the owner’s, and nobody else’s', async () => {
    const engine = await engineWith(['mine', 'ann'], ['theirs', 'bob']);
    await expect(findSandbox(contextOf(engine).engines, 'my', 'ann')).rejects.toMatchObject({
      hint: 'yours are: mine',
    });
  });
});

describe('findSandboxes', () => {
  test('gives those of all hosts, oldest first, and one owner’s only when asked', async () => {
    const [one, other] = [namedEngine('one'), namedEngine('other')];
    const at = (day: number) => ({ now: () => new Date(`2026-01-0${day}T00:00:00Z`) });
    await createSandbox(contextOf(one, at(2)), request({ name: 'second' }));
    await createSandbox(contextOf(other, at(1)), request({ name: 'first', owner: 'bob' }));
    await createSandbox(contextOf(other, at(3)), request({ name: 'third' }));
    const engines = memoryEngines(one, other);
    const names = async (owner?: string) =>
      (await findSandboxes(engines, { owner })).map(({ sandbox }) => sandbox.name);
    expect(await names()).toEqual(['first', 'second', 'third']);
    expect(await names('ann')).toEqual(['second', 'third']);
    expect(await names('nobody')).toEqual([]);
    const [first] = await findSandboxes(engines);
    expect(first?.containers.map(({ host }) => host)).toEqual(['other', 'other', 'other']);
  });

  test('orders nodes by their number, not by their name', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request({ plan: tinyPlan(11) }));
    const [record] = await findSandboxes(contextOf(engine).engines);
    expect(record?.sandbox.nodes.map(({ name }) => name)).toEqual(
      Array.from({ length: 11 }, (_, index) => `node${index + 1}`),
    );
  });

  test('a web page on every address is visited on this machine’s', async () => {
    const engine = tinyEngine();
    const publish = { address: '0.0.0.0', services: ['echo=9870'] };
    await createSandbox(contextOf(engine), request({ plan: tinyPlan(1), publish }));
    const [record] = await findSandboxes(contextOf(engine).engines);
    expect(record?.sandbox.nodes[0]?.ports).toEqual([
      { service: 'echo', name: 'web', container: 8080, host: '0.0.0.0:9870', url: 'http://127.0.0.1:9870/' },
    ]);
  });

  test('does not care for other containers', async () => {
    const engine = await engineWith(['mine', 'ann']);
    const labels = { 'com.docker.compose.project': 'theirs' };
    await engine.containers.create({
      name: 'theirs',
      image: 'bdsandbox/tiny:1',
      hostname: 'x',
      labels,
      environment: {},
    });
    expect(await findSandboxes(contextOf(engine).engines)).toHaveLength(1);
  });
});

describe('the state of a sandbox', () => {
  type Act = (engine: MemoryEngine) => Promise<void>;
  const [one, two, three] = ['bds.demo', 'bds.demo.node2', 'bds.demo.node3'];
  const each = (act: 'stop' | 'pause', ...names: string[]): Act => {
    return async ({ containers }) => {
      for (const name of names) await (act === 'stop' ? containers.stop(name, { graceMs: 0 }) : containers.pause(name));
    };
  };

  test.each<[string, Act, string, string[]]>([
    ['all run', async () => undefined, 'running', ['running', 'running', 'running']],
    ['one is stopped', each('stop', two), 'degraded', ['running', 'stopped', 'running']],
    ['all are stopped', each('stop', one, two, three), 'stopped', ['stopped', 'stopped', 'stopped']],
    ['one is paused', each('pause', three), 'degraded', ['running', 'running', 'paused']],
    ['all are paused', each('pause', one, two, three), 'stopped', ['paused', 'paused', 'paused']],
    [
      'some are stopped and the rest paused',
      async (engine) => {
        await each('stop', one)(engine);
        await each('pause', two, three)(engine);
      },
      'stopped',
      ['stopped', 'paused', 'paused'],
    ],
    ['one is missing', ({ containers }) => containers.remove(two), 'degraded', ['running', 'running']],
    // It holds the completion mark; a user's data is in the others.
    ['the first is missing', ({ containers }) => containers.remove(one), 'degraded', ['running', 'running']],
    ['one died', async (engine) => engine.die(two), 'degraded', ['running', 'stopped', 'running']],
  ])('when %s', async (_, act, state, nodes) => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    await act(engine);
    const [record] = await findSandboxes(contextOf(engine).engines);
    expect(record?.sandbox.state).toBe(state);
    expect(record?.sandbox.nodes.map((node) => node.state)).toEqual(nodes);
  });

  test.each([
    ['its process lives', {}, 'creating'],
    ['its process is dead', { creator: dead }, 'error'],
    ['its process is dead and the deadline is far', { creator: dead, now: () => new Date('2100-01-01') }, 'error'],
    ['another machine makes it', { creator: elsewhere }, 'creating'],
    [
      'another machine made it and the deadline has passed',
      { creator: elsewhere, now: () => new Date('2020-01-01') },
      'error',
    ],
  ])('half-made, when %s', async (_, more, state) => {
    const engine = tinyEngine();
    const reached = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.exec') return;
      reached.resolve();
      return new Promise<void>(() => undefined);
    };
    void createSandbox(contextOf(engine, more), request());
    await reached.promise;
    engine.beforeCall = undefined;
    const [record] = await findSandboxes(contextOf(engine).engines);
    expect(record?.sandbox.state).toBe(state);
    expect(record?.sandbox.nodes.map((node) => node.state)).toEqual(['running', 'running', 'running']);
  });

  test('cannot be told when the engine fails', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    const broken = new EngineFailedError('the engine broke', 'mend it');
    engine.failAtCall(engine.callCount + 2, broken);
    await expect(findSandboxes(contextOf(engine).engines)).rejects.toBe(broken);
    expect(engine.callNames.at(-1)).toBe('containers.pathStatus');
  });

  test('is that of a whole sandbox when the node goes while it is asked', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    engine.failAtCall(engine.callCount + 2, new NotFoundError('No such container', 'list them'));
    const [record] = await findSandboxes(contextOf(engine).engines);
    expect(record?.sandbox.state).toBe('running');
  });
});

function namedEngine(host: string): MemoryEngine {
  const engine = new MemoryEngine({ host }).addImage('bdsandbox/tiny:1');
  return engine.when('/usr/lib/bdsandbox/node', async ({ command, stdout }) => {
    if (command[1] === 'services') await stdout('[]');
  });
}

/** An engine with these sandboxes of one node: name and owner. */
async function engineWith(...sandboxes: readonly (readonly [string, string])[]): Promise<MemoryEngine> {
  const engine = tinyEngine();
  let second = 0;
  for (const [name, owner] of sandboxes) {
    second += 1;
    const now = () => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
    await createSandbox(contextOf(engine, { now }), request({ name, owner, plan: tinyPlan(1) }));
  }
  return engine;
}
