import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { EngineFailedError, NotFoundError, NotOwnerError } from '../../../src/errors/index.js';
import { silent } from '../../../src/events/index.js';
import {
  createSandbox,
  type DestroyRequest,
  destroySandboxes,
  findSandboxes,
  LABELS,
  prune,
  selectForDestroy,
} from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine } from './fixture.js';

/** A process that cannot be: its number is beyond the kernel's limit of 4194304 (PID_MAX_LIMIT). */
const dead = { creator: `${hostname()}:4194305:1` };

async function destroy(engine: MemoryEngine, more: Partial<DestroyRequest> = {}): Promise<string[]> {
  const { engines } = contextOf(engine);
  const wanted = { which: { names: ['demo'] }, user: 'ann', owner: 'ann', force: false, ...more };
  return destroySandboxes(engines, await selectForDestroy(engines, wanted), silent);
}

describe('destroy', () => {
  test('leaves nothing', async () => {
    const engine = tinyEngine();
    const nothing = engine.inventory();
    await createSandbox(contextOf(engine), request());
    expect(await destroy(engine)).toEqual(['demo']);
    expect(engine.inventory()).toEqual(nothing);
  });

  test('a failure at any call is told, and a second try leaves nothing', async () => {
    const nothing = tinyEngine().inventory();
    for (let n = 1; ; n += 1) {
      const engine = tinyEngine();
      await createSandbox(contextOf(engine, dead), request());
      const before = engine.callCount;
      engine.failAtCall(before + n, new EngineFailedError('the engine broke', 'mend it'));
      const failed = await destroy(engine).then(
        () => false,
        () => true,
      );
      if (!failed && engine.callCount < before + n) break;
      if (failed) await destroy(engine).catch(() => undefined);
      await prune({ ...contextOf(engine).engines });
      expect(engine.inventory(), `call ${n}`).toEqual(nothing);
    }
  });

  test('refuses another owner’s, with or without force, unless the owner is named too', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    await expect(destroy(engine, { user: 'bob', owner: 'bob' })).rejects.toThrow(NotOwnerError);
    await expect(destroy(engine, { user: 'bob', owner: 'bob', force: true })).rejects.toThrow(NotOwnerError);
    await expect(destroy(engine, { user: 'bob', owner: 'ann' })).rejects.toThrow(NotOwnerError);
    expect(await destroy(engine, { user: 'bob', owner: 'ann', force: true })).toEqual(['demo']);
  });

  test('names what is not there and touches nothing', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request());
    await expect(destroy(engine, { which: { names: ['demo', 'nope'] } })).rejects.toThrow(NotFoundError);
    expect(engine.inventory().containers).toHaveLength(3);
  });

  test('all and expired mean the owner’s only', async () => {
    const engine = tinyEngine();
    const old = { now: () => new Date('2020-01-01T00:00:00Z') };
    await createSandbox(contextOf(engine, old), request({ name: 'old', ttlMs: 1000 }));
    await createSandbox(contextOf(engine, old), request({ name: 'bobs', owner: 'bob', ttlMs: 1000 }));
    await createSandbox(contextOf(engine), request({ name: 'new', ttlMs: 60_000 }));
    expect(await destroy(engine, { which: 'expired' })).toEqual(['old']);
    expect(await destroy(engine, { which: 'all' })).toEqual(['new']);
    const left = await findSandboxes(contextOf(engine).engines);
    expect(left.map(({ sandbox }) => sandbox.name)).toEqual(['bobs']);
  });
});

describe('prune', () => {
  test('removes what a killed create left, at whatever call it was killed', async () => {
    const nothing = tinyEngine().inventory();
    const whole = tinyEngine();
    await createSandbox(contextOf(whole, dead), request());
    for (let n = 1; n <= whole.callCount; n += 1) {
      const engine = tinyEngine();
      const killed = Promise.withResolvers<void>();
      engine.beforeCall = ({ number }) => {
        if (number < n) return;
        killed.resolve();
        return new Promise<void>(() => undefined);
      };
      void createSandbox(contextOf(engine, dead), request());
      await killed.promise;
      engine.beforeCall = undefined;
      await prune(contextOf(engine).engines);
      const complete = engine.inventory().containers.length === 3;
      if (!complete) expect(engine.inventory(), `call ${n}`).toEqual(nothing);
      else expect((await findSandboxes(contextOf(engine).engines))[0]?.sandbox.state).toBe('running');
    }
  });

  test('leaves finished sandboxes, and those being made', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine, dead), request({ name: 'finished' }));
    const reached = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.exec') return;
      reached.resolve();
      return new Promise<void>(() => undefined);
    };
    void createSandbox(contextOf(engine), request({ name: 'under-way' }));
    await reached.promise;
    engine.beforeCall = undefined;
    expect(await prune(contextOf(engine).engines)).toEqual({ halfMade: [], orphans: [], renamed: [] });
    const states = (await findSandboxes(contextOf(engine).engines)).map(({ sandbox }) => [sandbox.name, sandbox.state]);
    expect(states).toEqual([
      ['finished', 'running'],
      ['under-way', 'creating'],
    ]);
  });

  test('does not touch what others made on the engine', async () => {
    const engine = tinyEngine();
    await engine.networks.create({ name: 'theirs', subnet: '10.9.0.0/24', labels: {} });
    await engine.volumes.create({ name: 'theirs', labels: { [LABELS.sandbox]: 'no attempt' } });
    await prune(contextOf(engine).engines);
    expect(engine.inventory()).toMatchObject({ volumes: ['theirs'] });
    expect(engine.inventory().networks).toContain('theirs');
  });
});
