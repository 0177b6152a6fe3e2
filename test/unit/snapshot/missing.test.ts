import { expect, test } from 'vitest';
import { findSandbox, missingParts, renameSandbox } from '../../../src/sandbox/index.js';
import { missingOfSnapshots } from '../../../src/snapshot/index.js';
import { contextOf, create, newEngine, take } from './fixture.js';

/** As a sandbox is whose create has ended. */
const ended = { creator: 'elsewhere:1:1', now: () => new Date('2020-01-01') };

test('what is whole misses nothing, nor does what is being made', async () => {
  const { engine } = newEngine();
  await create(engine, 'demo', ended);
  await take(engine);
  expect(await missingParts(engine)).toEqual([]);
  expect(await missingOfSnapshots(engine)).toEqual([]);
  await create(engine, 'new', contextOf(engine));
  await engine.containers.remove('bds.new.node2');
  expect(await missingParts(engine)).toEqual([]);
});

test('nodes, networks and whole sandboxes that docker prune took are named', async () => {
  const { engine } = newEngine();
  await create(engine, 'demo', ended);
  await engine.containers.remove('bds.demo.node2');
  expect(await missingParts(engine)).toEqual(['1 of 2 nodes of sandbox demo']);
  await engine.containers.remove('bds.demo');
  expect(await missingParts(engine)).toEqual(['every node of sandbox demo']);
});

test('a sandbox is named as it is called now', async () => {
  const { engine } = newEngine();
  await create(engine, 'demo', ended);
  const context = contextOf(engine);
  const record = await findSandbox(context.engines, 'demo', 'ann');
  await renameSandbox(context, record, 'other');
  expect(await missingParts(engine)).toEqual([]);
  await engine.containers.remove('bds.other.node2');
  expect(await missingParts(engine)).toEqual(['1 of 2 nodes of sandbox other']);
});

test('files and memory of snapshots that docker prune took are named', async () => {
  const { engine } = newEngine();
  await create(engine, 'demo', ended);
  const { nodes, memory } = await take(engine);
  await engine.images.remove(nodes[0]?.image ?? '');
  for (const name of ['bds.demo', 'bds.demo.node2']) await engine.containers.remove(name);
  await engine.volumes.remove(memory?.volume ?? '');
  expect(await missingOfSnapshots(engine)).toEqual([
    'the files of 1 of 2 nodes of snapshot bug',
    'the memory of snapshot bug',
  ]);
});
