import { expect, it } from 'vitest';
import { isEmbedded } from '../../../src/config/index.js';

it.each([
  ['127.0.0.1:5000', true],
  ['127.1.2.3', true],
  ['localhost:5000', true],
  ['localhost', true],
  ['localhost.example.com:5000', false],
  ['registry.example.com', false],
  ['1127.0.0.1:5000', false],
])('isEmbedded(%s) is %s', (address, expected) => {
  expect(isEmbedded(address)).toBe(expected);
});
