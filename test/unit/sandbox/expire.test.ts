import { describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { EngineFailedError } from '../../../src/errors/index.js';
import {
  createSandbox,
  destroyExpired,
  type ExpiredRequest,
  findSandboxes,
  sweepAfter,
  sweepExpired,
} from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine } from './fixture.js';

const THEN = { now: () => new Date('2020-01-01T00:00:00Z') };

/** Of each owner one whose time is over, one that has time, one that lives for ever. */
async function crowd(): Promise<MemoryEngine> {
  const engine = tinyEngine();
  for (const owner of ['ann', 'bob']) {
    await createSandbox(contextOf(engine, THEN), request({ name: `${owner}-old`, owner, ttlMs: 1000 }));
    await createSandbox(contextOf(engine), request({ name: `${owner}-new`, owner, ttlMs: 60_000 }));
    await createSandbox(contextOf(engine, THEN), request({ name: `${owner}-ever`, owner }));
  }
  return engine;
}

async function names(engine: MemoryEngine): Promise<string[]> {
  return (await findSandboxes(contextOf(engine).engines)).map(({ sandbox }) => sandbox.name).sort();
}

async function destroy(engine: MemoryEngine, wanted: ExpiredRequest): Promise<{ done: string[]; notices: string[] }> {
  const notices: string[] = [];
  const done = await destroyExpired(contextOf(engine).engines, wanted, (event) => {
    if (event.type === 'notice') notices.push(`${event.level}: ${event.message}`);
  });
  return { done, notices };
}

describe('sandboxes whose time is over', () => {
  test('are destroyed with a line each, and nobody else’s', async () => {
    const engine = await crowd();
    expect(await destroy(engine, { owner: 'ann' })).toEqual({
      done: ['ann-old'],
      notices: ['info: destroyed ann-old: its time was over at 2020-01-01T00:00:01.000Z'],
    });
    expect(await names(engine)).toEqual(['ann-ever', 'ann-new', 'bob-ever', 'bob-new', 'bob-old']);
    expect(engine.inventory().networks.filter((name) => name.includes('ann-old'))).toEqual([]);
  });

  test('of everybody, with whose they were', async () => {
    const engine = await crowd();
    const { done, notices } = await destroy(engine, { owner: undefined });
    expect(done.sort()).toEqual(['ann-old', 'bob-old']);
    expect(notices[0]).toMatch(/destroyed ann-old of ann/);
    expect(await names(engine)).toEqual(['ann-ever', 'ann-new', 'bob-ever', 'bob-new']);
  });

  test('no owner is not every owner', async () => {
    const engine = await crowd();
    expect((await destroy(engine, { owner: '' })).done).toEqual([]);
  });

  test('but not the one that was made just now, nor one that is being made', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine, THEN), request({ name: 'mine', ttlMs: 1 }));
    const reached = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.exec') return;
      reached.resolve();
      return new Promise<void>(() => undefined);
    };
    void createSandbox(contextOf(engine, THEN), request({ name: 'under-way', ttlMs: 1 }));
    await reached.promise;
    engine.beforeCall = undefined;
    expect((await destroy(engine, { owner: 'ann', keep: 'mine' })).done).toEqual([]);
    expect((await destroy(engine, { owner: 'ann' })).done).toEqual(['mine']);
  });

  test('cost a list, and a look at the mark of each, where there are none', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request({ ttlMs: 60_000 }));
    const before = engine.callCount;
    await destroy(engine, { owner: 'ann' });
    expect(engine.callNames.slice(before)).toEqual(['containers.list', 'containers.pathStatus']);
  });

  test('are looked for beside a command, and again at its end only where there were some', async () => {
    const engine = await crowd();
    const { engines, report } = contextOf(engine);
    const sweep = sweepAfter(engines, { owner: 'ann' }, report);
    await sweep('none');
    expect(await destroy(engine, { owner: 'ann' })).toMatchObject({ done: [] });
    const without = sweepAfter(engines, { owner: 'ann' }, report);
    await without('none');
    const before = engine.callCount;
    await without('none');
    expect(engine.callCount).toBe(before);
  });

  test('a failure does not end the command before it, and is said', async () => {
    const engine = await crowd();
    const notices: unknown[] = [];
    engine.failAtCall(engine.callCount + 1, new EngineFailedError('the engine broke', 'mend it'));
    await sweepExpired(contextOf(engine).engines, { owner: 'ann' }, (event) => void notices.push(event));
    expect(notices).toEqual([
      { type: 'notice', level: 'warning', message: 'sandboxes whose time is over are still there: the engine broke' },
    ]);
    engine.failAtCall(engine.callCount + 1, new EngineFailedError('the engine broke', 'mend it'));
    await expect(destroy(engine, { owner: 'ann' })).rejects.toThrow('the engine broke');
  });
});
