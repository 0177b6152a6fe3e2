import { expect, test } from 'vitest';
import { allOrStop } from '../../../src/snapshot/together.js';

test('gives all values in their order', async () => {
  expect(await allOrStop([Promise.resolve(1), Promise.resolve('two')], fail)).toEqual([1, 'two']);
});

test('throws the first failure in time, after all have ended, and stops once', async () => {
  let stops = 0;
  const late = Promise.withResolvers<void>();
  const consequence = Promise.withResolvers<void>();
  let isOver = false;
  const all = allOrStop([consequence.promise, Promise.reject(new Error('cause')), late.promise], () => {
    stops += 1;
    consequence.reject(new Error('consequence'));
  });
  void all.catch(() => {
    isOver = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([stops, isOver]).toEqual([1, false]);
  late.resolve();
  await expect(all).rejects.toThrow('cause');
  expect(stops).toBe(1);
});

function fail(): never {
  throw new Error('nothing to stop');
}
