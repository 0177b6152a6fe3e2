import { expect, test } from 'vitest';
import { MemoryEngine } from '../../../src/engine/memory/index.js';
import { EngineFailedError, FailedError } from '../../../src/errors/index.js';
import { flatten } from '../../../src/snapshot/flatten.js';
import { workLabels } from '../../../src/snapshot/helper.js';

const REFERENCE = 'bdsandbox/snapshot-node:abc.node1';
const LABELS = { 'bdsandbox.snapshot.id': 'the-id', 'bdsandbox.snapshot.role': 'node', other: 'kept' };
const broken = new EngineFailedError('the engine broke', 'mend it');

/** An image of as many layers, each with a file of its own. */
async function deep(layers: number): Promise<MemoryEngine> {
  const engine = new MemoryEngine({ commitTakesMs: 0 }).addImage('base:1', { files: { '/0': 'zero' } });
  for (let layer = 1, image = 'base:1'; layer < layers; layer += 1) {
    const reference = layer === layers - 1 ? REFERENCE : `base:${layer + 1}`;
    const id = await engine.containers.create({ name: 'c', image, hostname: 'c', labels: {}, environment: {} });
    await engine.containers.writeFiles(id, [{ path: `/${layer}`, content: String(layer) }]);
    await engine.containers.commit(id, { reference, labels: LABELS, pause: false });
    await engine.containers.remove(id);
    image = reference;
  }
  return engine;
}

const labels = workLabels('the-id');

test('an image of few layers is left as it is', async () => {
  const engine = await deep(4);
  const before = await engine.images.inspect(REFERENCE);
  expect(await flatten(engine, REFERENCE, { labels, most: 4 })).toEqual(before);
  expect(await engine.images.inspect(REFERENCE)).toEqual(before);
});

test('one of too many becomes one layer, under the same reference with its labels and files', async () => {
  const engine = await deep(5);
  const before = engine.inventory();
  const old = await engine.images.inspect(REFERENCE);
  const image = await flatten(engine, REFERENCE, { labels, most: 4 });
  expect(image).toMatchObject({ references: [REFERENCE], labels: LABELS, layers: [expect.any(String)] });
  expect(await engine.images.inspect(old?.id ?? '')).toBeUndefined();
  expect(engine.inventory()).toEqual(before);
  const id = await engine.containers.create({
    name: 'c',
    image: REFERENCE,
    hostname: 'c',
    labels: {},
    environment: {},
  });
  expect((await engine.containers.readFile(id, '/3'))?.toString()).toBe('3');
});

test('110 layers are the most', async () => {
  for (const [layers, expected] of [
    [110, 110],
    [111, 1],
  ] as const) {
    const engine = await deep(layers);
    expect((await flatten(engine, REFERENCE, { labels })).layers).toHaveLength(expected);
  }
});

test('an image with another name keeps it', async () => {
  const engine = await deep(5);
  await engine.images.tag(REFERENCE, 'second:1');
  await flatten(engine, REFERENCE, { labels, most: 4 });
  expect((await engine.images.inspect('second:1'))?.layers).toHaveLength(5);
});

test('an image that is gone', async () => {
  await expect(flatten(new MemoryEngine(), REFERENCE, { labels })).rejects.toThrow(FailedError);
});

test.each(['before', 'after'] as const)(
  'a failure at any call (%s it took effect) leaves no container',
  async (moment) => {
    for (let n = 1; ; n += 1) {
      const engine = await deep(5);
      const first = engine.callCount;
      engine.failAtCall(first + n, broken, moment);
      const outcome = await flatten(engine, REFERENCE, { labels, most: 4 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (engine.callCount < first + n) break;
      expect(engine.inventory().containers, `call ${n}`).toEqual([]);
      // Whichever it is, there is an image of that name, and a rollback by its label finds all.
      expect((await engine.images.inspect(REFERENCE))?.labels, `call ${n}`).toEqual(LABELS);
      if (outcome !== undefined) expect(outcome).toBe(broken);
    }
  },
);

test('an interrupt', async () => {
  const engine = await deep(5);
  const before = await engine.images.inspect(REFERENCE);
  const signal = AbortSignal.abort(new Error('Ctrl-C'));
  await expect(flatten(engine, REFERENCE, { labels, most: 4, signal })).rejects.toThrow('Ctrl-C');
  expect(engine.inventory().containers).toEqual([]);
  expect(await engine.images.inspect(REFERENCE)).toEqual(before);
});
