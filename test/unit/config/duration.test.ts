import { expect, it } from 'vitest';
import { parseDuration } from '../../../src/config/index.js';

it.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['8h', 28_800_000],
  ['2d', 172_800_000],
  ['500ms', 500],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  [' 10M ', 600_000],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', '10', '10 minutes', '-5m', '0s', 'm', '5x', '99999999999999d'])('refuses "%s"', (text) => {
  expect(() => parseDuration(text)).toThrow(/is no duration/);
});
