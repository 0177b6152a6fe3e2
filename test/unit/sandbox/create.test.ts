import { describe, expect, test, vi } from 'vitest';
import {
  ConflictError,
  EngineFailedError,
  ServiceFailedError,
  TimedOutError,
  UsageError,
} from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { createSandbox, findSandboxes } from '../../../src/sandbox/index.js';
import { AGENT, contextOf, request, tinyEngine, tinyPlan } from './fixture.js';

const broken = new EngineFailedError('the engine broke', 'mend it');

describe('create', () => {
  test('ends with a running sandbox that says everything of itself', async () => {
    const engine = tinyEngine();
    const sandbox = await createSandbox(
      contextOf(engine, { now: () => new Date('2026-01-01T00:00:00Z') }),
      request({ ttlMs: 3_600_000 }),
    );
    expect(sandbox).toMatchObject({
      name: 'demo',
      owner: 'ann',
      host: 'memory',
      template: 'tiny',
      topology: 'cluster',
      state: 'running',
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-01T01:00:00.000Z',
      startedFrom: 'cold',
      parentSnapshot: null,
    });
    expect(sandbox.nodes.map(({ name, container, address, state }) => [name, container, address, state])).toEqual([
      ['node1', 'bds.demo', '10.255.0.1', 'running'],
      ['node2', 'bds.demo.node2', '10.255.0.2', 'running'],
      ['node3', 'bds.demo.node3', '10.255.0.3', 'running'],
    ]);
    expect(sandbox.nodes[0]?.ports).toEqual([
      {
        service: 'echo',
        name: 'web',
        container: 8080,
        host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        url: expect.any(String),
      },
    ]);
    expect(sandbox.nodes[1]?.ports).toEqual([]);
    expect(Object.keys(sandbox.timings)).toEqual(['image', 'network', 'nodes', 'services', 'total']);
  });

  test('tells each service as it becomes ready', async () => {
    const events: FlowEvent[] = [];
    await createSandbox(contextOf(tinyEngine(), { report: (event) => events.push(event) }), request());
    const states = events.flatMap((event) => (event.type === 'service' ? [`${event.node} ${event.state}`] : []));
    expect(states.filter((line) => line.startsWith('node2'))).toEqual(['node2 starting', 'node2 ready']);
  });

  test('gives each node its peers with constant and bridge addresses', async () => {
    const engine = tinyEngine();
    let environment: Readonly<Record<string, string>> = {};
    engine.when([AGENT, 'wait'], (run) => {
      environment = run.environment;
    });
    await createSandbox(contextOf(engine), request({ plan: tinyPlan(2) }));
    expect(environment['BDSANDBOX_PEERS']).toBe('node1=10.255.0.1=10.213.0.2 node2=10.255.0.2=10.213.0.3');
  });

  test('two sandboxes have networks that do not overlap', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    await createSandbox(contextOf(engine), request({ name: 'other' }));
    const networks = await engine.networks.list({});
    const subnets = networks.flatMap(({ subnets }) => subnets).filter((subnet) => subnet.startsWith('10.213.'));
    expect(subnets.sort()).toEqual(['10.213.0.0/27', '10.213.0.32/27']);
  });

  test('without a name takes the template’s, then -2, -3', async () => {
    const engine = tinyEngine();
    const names = [];
    for (let i = 0; i < 3; i += 1) {
      const { name: _, ...nameless } = request();
      names.push((await createSandbox(contextOf(engine), nameless)).name);
    }
    expect(names).toEqual(['tiny', 'tiny-2', 'tiny-3']);
  });

  test.each(['', 'A', '-a', 'a_b', 'a.b', 'a'.repeat(41), 'ä'])('refuses the name %j before any call', async (name) => {
    const engine = tinyEngine();
    await expect(createSandbox(contextOf(engine), request({ name }))).rejects.toThrow(UsageError);
    expect(engine.callCount).toBe(0);
  });

  test('refuses a taken name and changes nothing', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    const before = engine.inventory();
    await expect(createSandbox(contextOf(engine), request({ owner: 'bob' }))).rejects.toThrow(ConflictError);
    expect(engine.inventory()).toEqual(before);
  });

  test('of two creates of one name exactly one wins, whatever the order of their calls', async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const engine = tinyEngine();
      const delays = pseudoRandom(seed);
      engine.beforeCall = () => new Promise((resolve) => setTimeout(resolve, delays() * 3));
      const outcomes = await Promise.allSettled([
        createSandbox(contextOf(engine), request({ owner: 'ann' })),
        createSandbox(contextOf(engine), request({ owner: 'bob', plan: tinyPlan(1) })),
      ]);
      engine.beforeCall = undefined;
      const [won, lost] = outcomes.toSorted((a) => (a.status === 'fulfilled' ? -1 : 1));
      expect([won?.status, lost?.status]).toEqual(['fulfilled', 'rejected']);
      expect(lost?.status === 'rejected' && lost.reason).toBeInstanceOf(ConflictError);
      const [only, ...others] = await findSandboxes(contextOf(engine).engines);
      expect(others).toEqual([]);
      expect(only?.sandbox.state).toBe('running');
      expect(engine.inventory().containers).toHaveLength(only?.sandbox.nodes.length ?? 0);
      expect(engine.inventory().networks.filter((name) => name.startsWith('bds.'))).toHaveLength(1);
    }
  });
});

describe('create when something fails', () => {
  test.each(['before', 'after'] as const)('at any call (%s it took effect), nothing is left', async (moment) => {
    const calls = await countCalls();
    const nothing = tinyEngine().inventory();
    let failures = 0;
    for (let n = 1; n <= calls; n += 1) {
      const engine = tinyEngine().failAtCall(n, broken, moment);
      const outcome = await createSandbox(contextOf(engine), request()).then(
        () => 'created',
        () => 'failed',
      );
      if (outcome === 'failed') failures += 1;
      expect(engine.inventory(), `call ${n}`).toEqual(outcome === 'failed' ? nothing : await finished());
    }
    // Only what is said about a sandbox at its end, such as its memory, may be missing without a failure.
    expect(failures).toBeGreaterThan(calls - 8);
  });

  test('an interrupt at any call leaves nothing', async () => {
    const calls = await countCalls();
    const nothing = tinyEngine().inventory();
    for (let n = 1; n <= calls; n += 1) {
      const engine = tinyEngine();
      const interrupt = new AbortController();
      engine.beforeCall = ({ number }) => {
        if (number === n) interrupt.abort();
      };
      const outcome = await createSandbox(contextOf(engine, { signal: interrupt.signal }), request()).then(
        () => 'created',
        (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
      );
      expect(engine.inventory(), `call ${n}: ${outcome}`).toEqual(outcome === 'created' ? await finished() : nothing);
    }
  });

  test('a service that fails is named with its node and its last log lines, and the sandbox goes', async () => {
    const engine = failingEngine();
    const error = await createSandbox(contextOf(engine), request()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceFailedError);
    expect(error).toMatchObject({
      message: 'echo on node2 failed: ended with 1',
      details: [expect.any(String), 'one', 'two'],
    });
    expect(engine.inventory().containers).toEqual([]);
  });

  test('the engine, which ls asks, knows of a service that ended within 15 s', async () => {
    const engine = tinyEngine();
    const create = vi.spyOn(engine.containers, 'create');
    await createSandbox(contextOf(engine), request());
    const checks = create.mock.calls.map(([{ healthCheck }]) => healthCheck);
    expect(checks.length).toBeGreaterThan(1);
    for (const check of checks) {
      expect((check?.intervalMs ?? Infinity) * (check?.retries ?? Infinity)).toBeLessThanOrEqual(15_000);
      expect(check?.startPeriodMs).toBeLessThanOrEqual(30_000);
    }
  });

  test('with keep, a sandbox whose service failed stays, and prune leaves it', async () => {
    const engine = failingEngine();
    await expect(createSandbox(contextOf(engine), request({ keep: true }))).rejects.toThrow(ServiceFailedError);
    const [kept] = await findSandboxes(contextOf(engine).engines);
    expect(kept?.sandbox).toMatchObject({ name: 'demo', state: 'running' });
  });

  test('a service that is not ready in time is named with its last answer', async () => {
    const engine = tinyEngine().when([AGENT, 'wait'], async ({ stdout }) => {
      await stdout('{"name":"echo","state":"starting","pid":7,"since":null,"detail":"safe mode"}\n');
      return 69;
    });
    const error = await createSandbox(contextOf(engine), request()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimedOutError);
    expect(error).toMatchObject({ message: 'echo on node1 was not ready within 1 s: safe mode' });
    expect(engine.inventory().containers).toEqual([]);
  });

  test('a port of the host that is taken', async () => {
    const engine = tinyEngine();
    engine.occupyPort(9870);
    const publish = { address: '127.0.0.1', services: ['echo=9870'] };
    await expect(createSandbox(contextOf(engine), request({ plan: tinyPlan(1), publish }))).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      exitCode: 5,
    });
    expect(engine.inventory().containers).toEqual([]);
  });

  test.each([
    ['nothing=80', 'there is no service nothing'],
    ['echo=http', 'is not SERVICE'],
    ['echo=70000', 'is not SERVICE'],
    ['echo.rpc', 'echo has no port rpc'],
    ['echo=9870', 'runs on 3 nodes'],
  ])('refuses --publish %s', async (wish, message) => {
    const engine = tinyEngine();
    const publish = { address: '127.0.0.1', services: [wish] };
    await expect(createSandbox(contextOf(engine), request({ publish }))).rejects.toThrow(message);
    expect(engine.inventory().containers).toEqual([]);
  });
});

function failingEngine(): ReturnType<typeof tinyEngine> {
  return tinyEngine().when([AGENT, 'wait'], async ({ container, stdout, killed }) => {
    if (container.name === 'bds.demo.node2') {
      await stdout('{"name":"echo","state":"failed","pid":7,"since":null,"detail":"ended with 1"}\n');
      return 1;
    }
    await new Promise<void>((resolve) => killed.addEventListener('abort', () => resolve()));
    return 137;
  });
}

async function countCalls(): Promise<number> {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request());
  return engine.callCount;
}

/** What an engine holds after a create that went well; names of network and volume carry an attempt. */
async function finished(): Promise<object> {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request());
  const { networks, volumes, ...rest } = engine.inventory();
  expect([networks.length, volumes.length]).toEqual([1, 1]);
  const named = [expect.stringMatching(/^bds\.demo\.[0-9a-f]{8}$/)];
  return { ...rest, networks: named, volumes: named };
}

function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
