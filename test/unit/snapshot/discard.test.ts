import { expect, it } from 'vitest';
import { MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { silent } from '../../../src/events/index.js';
import { removeSnapshots, selectSnapshots } from '../../../src/snapshot/index.js';
import { addSnapshot } from './engine.js';

const ASK = { user: 'ann', owner: 'ann', force: false };

it('finds all before it touches any', async () => {
  const engine = new MemoryEngine();
  await addSnapshot(engine, 'a');
  await expect(selectSnapshots(engine, { ...ASK, names: ['a', 'none'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await selectSnapshots(engine, { ...ASK, names: ['a', 'a'] })).map(({ name }) => name)).toEqual(['a']);
});

it("leaves somebody else's alone, but not copies from other machines", async () => {
  const engine = new MemoryEngine();
  await addSnapshot(engine, 'theirs', { owner: 'bob' });
  await addSnapshot(engine, 'pulled', { owner: 'bob', host: 'elsewhere' });
  const select = (names: string[], more = {}) => selectSnapshots(engine, { ...ASK, ...more, names });
  await expect(select(['theirs'])).rejects.toMatchObject({ code: 'NOT_OWNER' });
  await expect(select(['theirs'], { owner: 'bob' })).rejects.toMatchObject({ code: 'NOT_OWNER' });
  expect(await select(['theirs'], { owner: 'bob', force: true })).toHaveLength(1);
  expect(await select(['pulled'])).toHaveLength(1);
});

it('removes those it can, and names what is left', async () => {
  const engine = new MemoryEngine();
  const snapshots = [await addSnapshot(engine, 'a'), await addSnapshot(engine, 'b')];
  await engine.containers.create({
    name: 'bds.b2',
    image: 'bdsandbox/snapshot:b',
    hostname: 'b2',
    labels: {
      'bdsandbox.attempt': 'x',
      'bdsandbox.sandbox': 'b2',
      'bdsandbox.node.index': '1',
      'bdsandbox.parent.id': 'id-of-b',
    },
    environment: {},
  });
  const engines = memoryEngines(engine);
  await expect(removeSnapshots(engines, snapshots.slice(1), silent)).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(removeSnapshots(engines, snapshots, silent)).rejects.toMatchObject({
    code: 'PARTLY_DONE',
    message: 'removed a; left: b',
    details: ['b: b2 runs from snapshot b'],
  });
  expect(engine.inventory().images).toEqual(['bdsandbox/snapshot:b']);
});
