import { describe, expect, test } from 'vitest';
import type { MemoryEngine, Program } from '../../../src/engine/memory/index.js';
import { createSandbox, findSandbox, inspectSandbox, type Sandbox } from '../../../src/sandbox/index.js';
import { AGENT, contextOf, request, tinyEngine } from './fixture.js';

describe('inspectSandbox', () => {
  test('asks each node for its services, and what they use', async () => {
    const engine = await demo();
    const service = { name: 'echo', state: 'ready', pid: 1001, since: '2026-01-01T00:00:00Z', detail: 'ok' };
    let asked = 0;
    engine.when([AGENT, 'sight'], ({ stdout }) => {
      asked += 1;
      return stdout(JSON.stringify({ cpuPercent: 1.5, memoryBytes: 1000, services: [service] }));
    });
    engine.when([AGENT, 'services'], () => 1);
    const sandbox = await inspect(engine);
    expect(asked).toBe(3);
    expect(sandbox.state).toBe('running');
    expect(sandbox.nodes.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    expect(sandbox.nodes[1]?.services).toEqual([
      {
        name: 'echo',
        component: 'tiny',
        state: 'ready',
        pid: 1001,
        since: '2026-01-01T00:00:00Z',
        detail: 'ok',
      },
    ]);
    expect(sandbox.nodes[1]).toMatchObject({ cpuPercent: 1.5, memoryBytes: 1000 });
  });

  test.each<[string, Program]>([
    ['is older', () => 64],
    ['says what nobody understands', ({ stdout }) => stdout('{"cpuPercent":"much","services":[]}')],
  ])('of a node whose agent %s there are the services alone', async (_, sight) => {
    const engine = await demo();
    engine.when([AGENT, 'sight'], sight);
    const sandbox = await inspect(engine);
    expect(sandbox.state).toBe('running');
    expect(sandbox.nodes[1]).toMatchObject({ cpuPercent: null, memoryBytes: null });
  });

  test.each(['starting', 'stopped', 'failed'] as const)('a service that is %s degrades its node', async (state) => {
    const engine = await demo();
    engine.when([AGENT, 'services'], async ({ container, stdout }) => {
      const real = container.name === 'bds.demo.node2' ? state : 'ready';
      await stdout(JSON.stringify([{ name: 'echo', state: real, pid: null, since: null, detail: 'so' }]));
    });
    const sandbox = await inspect(engine);
    expect(sandbox.state).toBe('degraded');
    expect(sandbox.nodes.map((node) => node.state)).toEqual(['running', 'degraded', 'running']);
    expect(sandbox.nodes[1]?.services[0]).toMatchObject({ state, detail: 'so' });
  });

  test.each<[string, (engine: MemoryEngine) => Promise<void>, string]>([
    ['stopped', ({ containers }) => containers.stop('bds.demo.node2', { graceMs: 0 }), 'node stopped'],
    ['paused', ({ containers }) => containers.pause('bds.demo.node2'), 'node paused'],
  ])('does not ask a node that is %s', async (state, act, detail) => {
    const engine = await demo();
    await act(engine);
    const sandbox = await inspect(engine);
    expect(sandbox.state).toBe('degraded');
    expect(sandbox.nodes[1]).toMatchObject({
      state,
      memoryBytes: null,
      cpuPercent: null,
      services: [{ name: 'echo', component: 'tiny', state: 'stopped', pid: null, since: null, detail }],
    });
  });

  test('an agent that fails is a finding', async () => {
    const engine = await demo();
    engine.when([AGENT, 'services'], async ({ stderr }) => {
      await stderr('first\nno plan.json\n');
      return 1;
    });
    const sandbox = await inspect(engine);
    expect(sandbox.state).toBe('degraded');
    expect(sandbox.nodes[0]?.services[0]).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('no plan.json'),
    });
  });

  test('a service that its node does not know is not ready', async () => {
    const engine = await demo();
    engine.when([AGENT, 'services'], ({ stdout }) => stdout('[]'));
    expect((await inspect(engine)).nodes[0]).toMatchObject({
      state: 'degraded',
      services: [{ name: 'echo', state: 'stopped', detail: 'not known to the node' }],
    });
  });
});

async function demo(): Promise<MemoryEngine> {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request());
  return engine;
}

async function inspect(engine: MemoryEngine): Promise<Sandbox> {
  const { engines } = contextOf(engine);
  return inspectSandbox(engines, await findSandbox(engines, 'demo', 'ann'));
}
