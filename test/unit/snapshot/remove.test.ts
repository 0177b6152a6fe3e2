import { describe, expect, test } from 'vitest';
import { EngineFailedError, PartlyDoneError } from '../../../src/errors/index.js';
import { silent } from '../../../src/events/index.js';
import { destroySandboxes } from '../../../src/sandbox/index.js';
import { findSnapshots, pruneSnapshots, removeSnapshot } from '../../../src/snapshot/index.js';
import { allMemory, contextOf, DEAD, failureOf, newScene, recordOf, restore, type Scene, take } from './fixture.js';

const broken = new EngineFailedError('the engine broke', 'mend it');

async function destroy(engine: Scene['engine'], name = 'demo'): Promise<void> {
  await destroySandboxes(contextOf(engine).engines, [await recordOf(engine, name)], silent);
}

describe('remove', { timeout: 60_000 }, () => {
  test.each(['live', 'cold'] as const)('a %s snapshot of a sandbox that runs leaves no trace', async (mode) => {
    const { engine } = await newScene();
    const before = engine.inventory();
    const snapshot = await take(engine, { mode });
    await removeSnapshot(contextOf(engine).engines, snapshot);
    expect(engine.inventory()).toEqual(before);
    expect(await allMemory(engine)).toEqual([]);
  });

  test.each([true, false])('one of two keeps the other’s memory (the sandbox lives: %s)', async (lives) => {
    const { engine } = await newScene();
    const one = await take(engine, { name: 'one' });
    const two = await take(engine, { name: 'two' });
    if (!lives) await destroy(engine);
    await removeSnapshot(contextOf(engine).engines, one);
    expect(await allMemory(engine)).toEqual([`${two.id}/node1/pages.img`, `${two.id}/node2/pages.img`]);
    expect((await restore(engine, two)).mode).toBe('live');
    await destroy(engine, 'two');
    await removeSnapshot(contextOf(engine).engines, two);
    expect(await allMemory(engine)).toEqual([]);
    expect(engine.inventory().volumes).toHaveLength(lives ? 1 : 0);
  });

  test('one that another descends from: the other stays whole', async () => {
    const { engine } = await newScene();
    const parent = await take(engine, { name: 'parent' });
    await restore(engine, parent, { name: 'clone' });
    const child = await take(engine, { of: 'clone', name: 'child' });
    await destroy(engine, 'clone');
    await removeSnapshot(contextOf(engine).engines, parent);
    expect(await findSnapshots(engine)).toMatchObject([{ name: 'child', parent: { id: parent.id } }]);
    expect((await restore(engine, child)).mode).toBe('live');
  });

  test.each(['before', 'after'] as const)(
    'a failure at any call (%s it took effect): prune does the rest',
    async (moment) => {
      for (const lives of [true, false]) {
        for (let n = 1; ; n += 1) {
          const { engine } = await newScene();
          const before = engine.inventory();
          const snapshot = await take(engine, {}, { creator: DEAD });
          if (!lives) await destroy(engine);
          const first = engine.callCount;
          engine.failAtCall(first + n, broken, moment);
          const { engines } = contextOf(engine);
          const error = await removeSnapshot(engines, snapshot).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (engine.callCount < first + n) break;
          const isThere = (await findSnapshots(engine)).length === 1;
          if (error !== undefined && !isThere && error !== broken)
            expect(error, `call ${n}`).toBeInstanceOf(PartlyDoneError);
          if (isThere) await removeSnapshot(engines, snapshot);
          await pruneSnapshots(engines);
          const nothing = { containers: [], networks: [], volumes: [], images: before.images };
          expect(engine.inventory(), `call ${n}`).toEqual(lives ? before : nothing);
          expect(await allMemory(engine), `call ${n}`).toEqual([]);
        }
      }
    },
  );

  test('what cannot be removed is told, with what to do', async () => {
    const { engine } = await newScene();
    const snapshot = await take(engine, {}, { creator: DEAD });
    let removals = 0;
    engine.beforeCall = ({ name }) => {
      if (name === 'images.remove' && ++removals > 1) throw broken;
    };
    const error = await failureOf(removeSnapshot(contextOf(engine).engines, snapshot));
    engine.beforeCall = undefined;
    expect(error).toBeInstanceOf(PartlyDoneError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^snapshot bug is removed, but not all .*node1/) });
    expect(await pruneSnapshots(contextOf(engine).engines)).toEqual(['bug']);
    expect(engine.inventory().images).toEqual(['bdsandbox/tiny:1']);
  });
});

describe('prune', () => {
  test('of a clone’s killed snapshot takes the clone’s memory, not that of the snapshot it comes from', async () => {
    const { engine, nodes } = await newScene();
    const parent = await take(engine, { name: 'parent' });
    await restore(engine, parent, { name: 'clone' });
    let isKilled = false;
    nodes.atPhase = (phase) => {
      isKilled ||= phase === 'go';
    };
    const reached = Promise.withResolvers<void>();
    engine.beforeCall = () => {
      if (!isKilled || nodes.open > 0) return;
      reached.resolve();
      return new Promise<void>(() => undefined);
    };
    void take(engine, { of: 'clone', name: 'child' }, { creator: DEAD });
    await reached.promise;
    engine.beforeCall = undefined;
    expect(await allMemory(engine)).toHaveLength(4);
    expect(await pruneSnapshots(contextOf(engine).engines)).toEqual(['child']);
    expect(await allMemory(engine)).toEqual([`${parent.id}/node1/pages.img`, `${parent.id}/node2/pages.img`]);
    expect((await findSnapshots(engine)).map(({ name }) => name)).toEqual(['parent']);
    expect(await engine.containers.list({ 'bdsandbox.snapshot.role': 'work' })).toEqual([]);
  });
});
