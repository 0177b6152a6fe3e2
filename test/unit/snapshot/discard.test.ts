import { expect, it } from 'vitest';
import { MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { silent } from '../../../src/events/index.js';
import {
  findOrPullSnapshot,
  findSnapshot,
  findSnapshots,
  pruneSnapshots,
  removeSnapshots,
  selectSnapshots,
} from '../../../src/snapshot/index.js';
import { addSnapshot, addUnreadable } from './engine.js';

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

it('removes what it cannot read, by its labels', async () => {
  const engine = new MemoryEngine();
  const engines = memoryEngines(engine);
  const of = (name: string) => ({ 'bdsandbox.snapshot.id': `id-of-${name}`, 'bdsandbox.snapshot.role': 'node' });
  await addUnreadable(engine, 'new');
  engine.addImage('bdsandbox/snapshot-node:id-of-new.node1', { labels: of('new') });
  await addSnapshot(engine, 'other');
  engine.addImage('bdsandbox/snapshot-node:id-of-other.node1', { labels: of('other') });
  await engine.volumes.create({ name: 'bds.demo.12345678', labels: { 'bdsandbox.attempt': 'gone' } });
  await addUnreadable(engine, 'theirs', { owner: 'bob' });
  await addUnreadable(engine, 'nameless', { id: '' }, '{}');

  await expect(selectSnapshots(engine, { ...ASK, names: ['theirs'] })).rejects.toMatchObject({ code: 'NOT_OWNER' });
  expect(await pruneSnapshots(engines)).toEqual([]);
  const others = ['bdsandbox/snapshot-node:id-of-other.node1', 'bdsandbox/snapshot:other', 'bdsandbox/snapshot:theirs'];
  const selected = await selectSnapshots(engine, { ...ASK, names: ['new', 'nameless'] });
  expect(await removeSnapshots(engines, selected, silent)).toEqual(['new', 'nameless']);
  expect(engine.inventory().images.toSorted()).toEqual(others);
  // The other one that cannot be read may be in it.
  expect(engine.inventory().volumes).toEqual(['bds.demo.12345678']);

  const forced = { ...ASK, owner: 'bob', force: true };
  await removeSnapshots(engines, await selectSnapshots(engine, { ...forced, names: ['theirs'] }), silent);
  expect(engine.inventory().volumes).toEqual([]);
});

it('does not remove what a sandbox runs from, whether or not it can be read', async () => {
  const engine = new MemoryEngine();
  await addUnreadable(engine, 'new');
  await engine.containers.create({
    name: 'bds.b2',
    image: 'bdsandbox/snapshot:new',
    hostname: 'b2',
    labels: {
      'bdsandbox.attempt': 'x',
      'bdsandbox.sandbox': 'b2',
      'bdsandbox.node.index': '1',
      'bdsandbox.parent.id': 'id-of-new',
    },
    environment: {},
  });
  const selected = await selectSnapshots(engine, { ...ASK, names: ['new'] });
  await expect(removeSnapshots(memoryEngines(engine), selected, silent)).rejects.toMatchObject({ code: 'CONFLICT' });
});

it('uses nothing that it cannot read', async () => {
  const engine = new MemoryEngine();
  await addUnreadable(engine, 'new');
  const context = { engines: memoryEngines(engine), report: silent };
  const refusal = {
    code: 'FAILED',
    message: 'the manifest of new cannot be read: it has version 2, and this bdsandbox reads version 1',
  };
  await expect(findSnapshot(engine, 'new')).rejects.toMatchObject(refusal);
  await expect(findOrPullSnapshot(context, 'new', { registry: '127.0.0.1:5000', trusted: true })).rejects.toMatchObject(
    refusal,
  );
  expect(await findSnapshots(engine)).toEqual([]);
});
