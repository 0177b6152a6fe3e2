import { expect, test } from 'vitest';
import { closest, didYouMean } from '../../../src/errors/index.js';

test.each([
  ['statsu', 'status'],
  ['lss', 'ls'],
  ['imagse:build', 'images:build'],
  ['STATUS', 'status'],
  ['statuses', 'status'],
  ['frobnicate', undefined],
  ['', undefined],
])('%s probably means %s', (typed, meant) => {
  expect(closest(typed, ['status', 'ls', 'images:build', 'create'])).toBe(meant);
});

test('of two that are as close the first one', () => {
  expect(closest('worker', ['worker1', 'worker2'])).toBe('worker1');
});

test.each([
  ['namenod', '; did you mean "namenode"?'],
  ['NameNode', '; did you mean "namenode"?'],
  ['datanoed', '; did you mean "datanode"?'],
  ['kafka', ''],
])('as the end of a message: %s', (word, expected) => {
  expect(didYouMean(word, ['namenode', 'datanode', 'hmaster'])).toBe(expected);
});
