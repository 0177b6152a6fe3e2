import { expect, test } from 'vitest';
import { UsageError } from '../../../src/errors/index.js';
import { whichSandboxes } from '../../../src/wiring/index.js';

test('names, all, the one that is set, or the only one', () => {
  expect(whichSandboxes(['a', 'b'], { all: false, sandbox: 'c' })).toEqual({ names: ['a', 'b'] });
  expect(whichSandboxes([], { all: true, sandbox: 'c' })).toBe('all');
  expect(whichSandboxes([], { all: false, sandbox: 'c' })).toEqual({ names: ['c'] });
  expect(whichSandboxes([], { all: false })).toBe('only');
  expect(() => whichSandboxes(['a'], { all: true })).toThrow(UsageError);
});
