import { expect, test } from 'vitest';
import { parseTimeToLive } from '../../../src/config/index.js';

test.each([
  ['8h', { from: 'now', ms: 28_800_000 }],
  [' 1H30M ', { from: 'now', ms: 5_400_000 }],
  ['+2d', { from: 'end', ms: 172_800_000 }],
  ['+ 90s', { from: 'end', ms: 90_000 }],
  ['never', 'never'],
  ['None', 'never'],
])('%j', (text, expected) => {
  expect(parseTimeToLive(text)).toEqual(expected);
});

test.each(['', '8', '-8h', '++8h', '0h', 'tomorrow', '2026-12-01', '+', '+never', '8h+'])('%j is none', (text) => {
  expect(() => parseTimeToLive(text)).toThrow(`"${text}" is no time to live`);
});
