import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MemoryEngine } from '../../../../src/engine/memory/index.js';
import { inspectEach } from '../../../../src/snapshot/share/inspect-each.js';

test('asks for several at once, for not too many, and answers in order', async () => {
  const engine = new MemoryEngine();
  const references = Array.from({ length: 30 }, (_, index) => `x:${index}`);
  for (const reference of references) engine.addImage(reference, { labels: {} });
  const { inspect } = engine.images;
  let open = 0;
  let most = 0;
  engine.images.inspect = async (reference) => {
    open += 1;
    most = Math.max(most, open);
    await sleep(Math.max(1, references.indexOf(reference)) % 5);
    open -= 1;
    return inspect(reference);
  };
  const found = await inspectEach(engine, [...references, 'none:1']);
  expect(found.map((image) => image?.references[0])).toEqual([...references, undefined]);
  expect(most).toBe(8);
});
