import { describe, expect, test } from 'vitest';
import { parseTimeToLive } from '../../../src/config/index.js';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { ConflictError, EngineFailedError, UsageError } from '../../../src/errors/index.js';
import {
  createSandbox,
  destroyExpired,
  type Extended,
  extendSandbox,
  type FlowContext,
  findSandbox,
  readRecord,
} from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine } from './fixture.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const at = (hours: number): string => new Date(NOW.getTime() + hours * 3_600_000).toISOString();

async function made(ttlMs?: number): Promise<{ engine: MemoryEngine; context: FlowContext }> {
  const engine = tinyEngine();
  const context = contextOf(engine, { now: () => NOW });
  await createSandbox(context, request({ ttlMs }));
  return { engine, context };
}

async function extend(context: FlowContext, ttl: string): Promise<Extended> {
  return extendSandbox(context, await findSandbox(context.engines, 'demo', 'ann'), parseTimeToLive(ttl));
}

async function expiry({ engines }: FlowContext): Promise<string | null> {
  return (await findSandbox(engines, 'demo', 'ann')).sandbox.expiresAt;
}

describe('the end of a sandbox', () => {
  test.each<[string, number | undefined, string, string | null]>([
    ['later', 1, '8h', at(8)],
    ['sooner', 8, '1h', at(1)],
    ['set where there was none', undefined, '8h', at(8)],
    ['taken away', 8, 'never', null],
    ['after the old one', 8, '+8h', at(16)],
    ['never, again', undefined, 'never', null],
  ])('%s', async (_, hours, ttl, expected) => {
    const { context } = await made(hours === undefined ? undefined : hours * 3_600_000);
    const before = hours === undefined ? null : at(hours);
    expect(await expiry(context)).toBe(before);
    expect(await extend(context, ttl)).toEqual({ name: 'demo', before, expiresAt: expected });
    expect(await expiry(context)).toBe(expected);
  });

  test('again and again, and to the millisecond', async () => {
    const { context } = await made(1);
    for (const ttl of ['8h', 'never', '1ms', '1h30m']) await extend(context, ttl);
    expect(await expiry(context)).toBe(at(1.5));
    await extend(context, '+1ms');
    expect(await expiry(context)).toBe('2026-01-01T01:30:00.001Z');
  });

  test.each(['stop', 'pause'] as const)('of one that is after %s', async (act) => {
    const { engine, context } = await made(1000);
    for (const name of ['bds.demo', 'bds.demo.node2', 'bds.demo.node3']) {
      await (act === 'stop' ? engine.containers.stop(name, { graceMs: 0 }) : engine.containers.pause(name));
    }
    await extend(context, '8h');
    expect(await expiry(context)).toBe(at(8));
  });

  test('is what later commands go by, in both directions', async () => {
    const { engine, context } = await made(1000);
    await createSandbox(context, request({ name: 'short' }));
    await extend(context, '8h');
    const short = await findSandbox(context.engines, 'short', 'ann');
    await extendSandbox(context, short, { from: 'now', ms: 1000 });
    const later = { owner: 'ann', now: () => new Date(at(7)) };
    expect(await destroyExpired(context.engines, later, context.report)).toEqual(['short']);
    const last = { owner: 'ann', now: () => new Date(at(8)) };
    expect(await destroyExpired(context.engines, last, context.report)).toEqual(['demo']);
    expect(engine.inventory().volumes).toEqual([]);
  });

  test('is recorded in the sandbox', async () => {
    const { engine, context } = await made(3_600_000);
    await extend(context, 'never');
    expect((await readRecord(engine, 'bds.demo')).changes.at(-1)).toEqual({
      at: NOW.toISOString(),
      what: 'expiry moved',
      by: 'ann',
      sandbox: 'demo',
      from: at(1),
      to: null,
    });
  });

  test('costs no more to look at than before', async () => {
    const { engine, context } = await made(1000);
    const looks = async (): Promise<string[]> => {
      const before = engine.callCount;
      await expiry(context);
      return [...engine.callNames.slice(before)];
    };
    const before = await looks();
    await extend(context, '8h');
    expect(await looks()).toEqual(before);
    expect(before).toEqual(['containers.list', 'containers.pathStatus']);
  });

  test.each(['before', 'after'] as const)(
    'a call that fails %s it was done leaves the old or the new',
    async (moment) => {
      const whole = await made(3_600_000);
      const start = whole.engine.callCount;
      await extend(whole.context, '8h');
      for (let n = start + 1; n <= whole.engine.callCount; n += 1) {
        const { engine, context } = await made(3_600_000);
        engine.failAtCall(n, new EngineFailedError('the engine broke', 'mend it'), moment);
        await expect(extend(context, '8h')).rejects.toThrow('the engine broke');
        expect(await expiry(context)).toBe(moment === 'after' && n === whole.engine.callCount ? at(8) : at(1));
      }
    },
  );
});

describe('refused', () => {
  test('+ where there is no end, and an end that has passed', async () => {
    const { context } = await made();
    await expect(extend(context, '+8h')).rejects.toThrow(UsageError);
    await extend(context, '1h');
    const later = { ...context, now: () => new Date(at(10)) };
    await expect(extend(later, '+8h')).rejects.toThrow(/would have passed/);
    expect(await expiry(context)).toBe(at(1));
    expect(await extend(later, '8h')).toMatchObject({ expiresAt: at(18) });
  });

  test('more than a time can hold', async () => {
    const { context } = await made();
    await expect(extend(context, '100000000d')).rejects.toThrow(UsageError);
  });

  test('one whose first node is gone', async () => {
    const { engine, context } = await made();
    await engine.containers.remove('bds.demo');
    await expect(extend(context, '8h')).rejects.toThrow(ConflictError);
  });

  test('one with the mark of an older version, whose label counts', async () => {
    const { engine, context } = await made(3_600_000);
    const { attempt, containers } = await findSandbox(context.engines, 'demo', 'ann');
    const path = `/etc/bdsandbox/complete/${attempt}`;
    await engine.containers.writeFiles(containers[0]?.summary.id ?? '', [{ path, content: '' }]);
    expect(await expiry(context)).toBe(at(1));
    await expect(extend(context, '8h')).rejects.toThrow('older bdsandbox');
  });

  test('one that is being made', async () => {
    const engine = tinyEngine();
    const reached = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.exec') return;
      reached.resolve();
      return new Promise<void>(() => undefined);
    };
    void createSandbox(contextOf(engine), request());
    await reached.promise;
    engine.beforeCall = undefined;
    await expect(extend(contextOf(engine), '8h')).rejects.toThrow(/still being created/);
  });
});
