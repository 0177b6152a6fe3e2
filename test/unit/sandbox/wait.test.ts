import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { MemoryEngine, Program } from '../../../src/engine/memory/index.js';
import {
  FailedError,
  InterruptedError,
  NotFoundError,
  ServiceFailedError,
  TimedOutError,
} from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import {
  createSandbox,
  destroySandboxes,
  type FlowContext,
  findSandbox,
  findSandboxes,
  parseCondition,
  selectForDestroy,
  type Waited,
  waitForSandbox,
} from '../../../src/sandbox/index.js';
import { AGENT, contextOf, request, tinyEngine } from './fixture.js';

async function demo(): Promise<MemoryEngine> {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request());
  return engine;
}

async function wait(
  engine: MemoryEngine,
  conditions: string | readonly string[],
  more: Partial<FlowContext> & { readonly timeoutMs?: number } = {},
): Promise<Waited> {
  const { timeoutMs = 5000, ...context } = more;
  const record = await findSandbox(contextOf(engine).engines, 'demo', 'ann');
  return waitForSandbox(contextOf(engine, context), record, {
    conditions: [conditions].flat().map(parseCondition),
    timeoutMs,
    pauseMs: 1,
  });
}

async function destroyDemo(engine: MemoryEngine): Promise<void> {
  const { engines, report } = contextOf(engine);
  const wanted = { which: { names: ['demo'] }, user: 'ann', owner: 'ann', force: false };
  await destroySandboxes(engines, await selectForDestroy(engines, wanted), report);
}

function line(state: string, detail = 'so'): string {
  return `${JSON.stringify({ name: 'echo', state, pid: null, since: null, detail })}\n`;
}

/** The agent's wait: until somebody stops listening, with this said at the beginning. */
function saying(said: string, onNode?: string): Program {
  return async ({ stdout, container, killed }) => {
    if (onNode !== undefined && !container.name.endsWith(onNode)) {
      await stdout(line('ready'));
      return 0;
    }
    await stdout(said);
    return new Promise((resolve) => killed.addEventListener('abort', () => resolve(137)));
  };
}

const services =
  (state: (container: string) => string): Program =>
  ({ stdout, container }) =>
    stdout(`[${line(state(container.name)).trim()}]`);

describe('wait', () => {
  test('for ready: is told by the agents, with the progress of create', async () => {
    const events: FlowEvent[] = [];
    const waited = await wait(await demo(), 'ready', { report: (event) => void events.push(event) });
    expect(waited).toEqual({
      name: 'demo',
      reached: ['ready'],
      timings: { ready: expect.any(Number), total: expect.any(Number) },
    });
    expect(events[0]).toEqual({
      type: 'flow',
      title: 'Wait for demo',
      steps: [{ id: 'ready', title: 'Services ready' }],
    });
    expect(events).toContainEqual({ type: 'service', node: 'node2', service: 'echo', state: 'ready', detail: 'ok' });
    expect(events.at(-1)).toMatchObject({ type: 'step-done', step: 'ready' });
  });

  test('for ready: a failed service ends it at once, and tells its log', async () => {
    const engine = await demo();
    engine.when([AGENT, 'wait'], async (run) => {
      if (!run.container.name.endsWith('node2')) return saying(line('starting'))(run);
      await run.stdout(line('failed', 'ended by itself with 1'));
      return 1;
    });
    const failed = wait(engine, 'ready');
    await expect(failed).rejects.toBeInstanceOf(ServiceFailedError);
    await expect(failed).rejects.toMatchObject({
      message: 'echo on node2 failed: ended by itself with 1',
      details: ['last lines of echo on node2:', 'one', 'two'],
    });
  });

  test('for ready: says at the end of the time what it waited for', async () => {
    const engine = (await demo()).when([AGENT, 'wait'], saying(line('starting', 'no leader'), 'node3'));
    engine.when(
      [AGENT, 'services'],
      services(() => 'starting'),
    );
    const late = wait(engine, 'ready', { timeoutMs: 40 });
    await expect(late).rejects.toBeInstanceOf(TimedOutError);
    await expect(late).rejects.toMatchObject({
      exitCode: 69,
      message: expect.stringMatching(/^demo was not ready within 40 ms/),
    });
  });

  test('for ready: a service that is stopped, and a node, may still be started', async () => {
    const engine = await demo();
    await engine.containers.stop('bds.demo.node2', { graceMs: 0 });
    let asked = 0;
    engine.when([AGENT, 'wait'], async ({ stdout }) => {
      asked += 1;
      await stdout(line(asked > 6 ? 'ready' : 'stopped'));
    });
    engine.when(
      [AGENT, 'services'],
      services(() => 'stopped'),
    );
    const notes: string[] = [];
    const waiting = wait(engine, 'ready', {
      report: (event) => {
        if (event.type !== 'step-progress') return;
        notes.push(event.detail);
        if (event.detail === 'node2 is stopped') void engine.containers.start('bds.demo.node2');
      },
    });
    await waiting;
    expect(notes).toEqual(['node2 is stopped', expect.stringMatching(/^echo on node\d is stopped: so$/)]);
  });

  test('for running and stopped: as the containers are', async () => {
    const engine = await demo();
    await wait(engine, 'running');
    const names = ['bds.demo', 'bds.demo.node2', 'bds.demo.node3'];
    const stopped = wait(engine, 'stopped');
    for (const name of names) await engine.containers.stop(name, { graceMs: 0 });
    await stopped;
    const late = wait(engine, 'running', { timeoutMs: 20 });
    await expect(late).rejects.toThrow(
      'demo was not running within 20 ms: is stopped, node1 stopped, node2 stopped, node3 stopped',
    );
  });

  test('for gone, and for what cannot be any more once it is gone', async () => {
    const engine = (await demo()).when([AGENT, 'wait'], saying(line('starting')));
    const gone = wait(engine, 'gone');
    const stopped = wait(engine, 'stopped');
    const ready = wait(engine, 'ready');
    for (const never of [stopped, ready]) never.catch(() => undefined);
    await destroyDemo(engine);
    expect((await gone).reached).toEqual(['gone']);
    await expect(stopped).rejects.toThrow('demo was destroyed');
    await expect(ready).rejects.toBeInstanceOf(FailedError);
  });

  test('a sandbox that is still being made', async () => {
    const engine = tinyEngine();
    const go = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.exec') return;
      reached.resolve();
      return go.promise;
    };
    const creating = createSandbox(contextOf(engine), request());
    await reached.promise;
    const seen = Promise.withResolvers<void>();
    const ready = wait(engine, ['ready', 'service=echo'], {
      report: (event) => {
        if (event.type === 'step-progress' && event.detail === 'is being made') seen.resolve();
      },
    });
    await seen.promise;
    engine.beforeCall = undefined;
    go.resolve();
    expect((await ready).reached).toEqual(['ready', 'service=echo']);
    await creating;
  });

  test('a sandbox whose create was killed is never ready', async () => {
    const engine = tinyEngine();
    const killed = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.exec') return;
      killed.resolve();
      return new Promise<void>(() => undefined);
    };
    void createSandbox(contextOf(engine, { creator: `${hostname()}:4194305:1` }), request());
    await killed.promise;
    engine.beforeCall = undefined;
    await expect(wait(engine, 'ready')).rejects.toMatchObject({
      exitCode: 1,
      hint: expect.stringContaining('bdsandbox prune'),
    });
  });

  test('for one service: others do not matter', async () => {
    const engine = await demo();
    const two = (state: string): string =>
      `${line(state).trim()},${JSON.stringify({ name: 'other', state: 'failed', pid: null, since: null, detail: '' })}`;
    engine.when([AGENT, 'wait'], async ({ stdout }) => {
      await stdout(`${two('starting').split('},{').join('}\n{')}\n`);
      return 1;
    });
    let asked = 0;
    engine.when([AGENT, 'services'], ({ stdout }) => {
      asked += 1;
      return stdout(`[${two(asked > 3 ? 'ready' : 'starting')}]`);
    });
    await wait(engine, 'service=node2/echo');
    expect(asked).toBe(4);
  });

  test('for a service to be stopped on every node', async () => {
    const engine = await demo();
    const stopped = new Set<string>();
    engine.when(
      [AGENT, 'services'],
      services((container) => (stopped.has(container) ? 'stopped' : 'ready')),
    );
    const waiting = wait(engine, 'service=echo=stopped', {
      report: (event) => {
        if (event.type === 'step-progress')
          for (const name of ['bds.demo', 'bds.demo.node2', 'bds.demo.node3']) stopped.add(name);
      },
    });
    expect((await waiting).reached).toEqual(['service=echo=stopped']);
  });

  test('an agent that fails once is asked again', async () => {
    const engine = await demo();
    let asked = 0;
    engine.when([AGENT, 'wait'], async ({ stdout, stderr }) => {
      asked += 1;
      if (asked > 2) return stdout(line('ready'));
      await stderr('init has not started the services\n');
      return 2;
    });
    await wait(engine, 'ready');
    expect(asked).toBeGreaterThan(2);
  });

  test('a service that is not there is told, with those that are', async () => {
    const unknown = wait(await demo(), 'service=namenode');
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
    await expect(unknown).rejects.toMatchObject({
      message: 'demo has no service namenode',
      hint: 'its services are: echo',
    });
    await expect(wait(await demo(), 'service=node9/echo')).rejects.toThrow('demo has no node node9');
  });

  test('the first one that cannot be ends the wait for the others', async () => {
    await expect(wait(await demo(), ['gone', 'service=namenode'])).rejects.toBeInstanceOf(NotFoundError);
  });

  test('Ctrl-C ends it', async () => {
    const interrupt = new AbortController();
    const waiting = wait(await demo(), 'gone', { signal: interrupt.signal });
    waiting.catch(() => undefined);
    await findSandboxes(contextOf(tinyEngine()).engines);
    interrupt.abort(new InterruptedError('interrupted', 'again'));
    await expect(waiting).rejects.toBeInstanceOf(InterruptedError);
  });
});

describe('parseCondition', () => {
  test.each([
    ['gone', { kind: 'gone' }],
    ['service=namenode', { kind: 'service', node: undefined, service: 'namenode', state: 'ready' }],
    ['service=worker1/datanode=stopped', { kind: 'service', node: 'worker1', service: 'datanode', state: 'stopped' }],
  ])('reads %s', (text, expected) => {
    expect(parseCondition(text)).toEqual({ text, ...expected });
  });

  test.each([
    ['redy', /did you mean ready\?/],
    ['service=', /^ready, running/],
    ['service=a=gone', /service=NAME=stopped/],
    ['', /./],
  ])('refuses %j', (text, hint) => {
    expect(() => parseCondition(text)).toThrow(
      expect.objectContaining({ name: 'UsageError', hint: expect.stringMatching(hint) }),
    );
  });
});
