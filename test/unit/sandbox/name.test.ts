import { describe, expect, test } from 'vitest';
import { checkSandboxName, firstFreeName } from '../../../src/sandbox/name.js';

const LONG = 'a'.repeat(60);

describe('firstFreeName', () => {
  test.each<[string, string, string[], string]>([
    ['the template’s', 'hadoop', [], 'hadoop'],
    ['the second', 'hadoop', ['hadoop'], 'hadoop-2'],
    ['the first gap', 'hadoop', ['hadoop', 'hadoop-2', 'hadoop-4'], 'hadoop-3'],
    ['the template’s again once it is free', 'hadoop', ['hadoop-2'], 'hadoop'],
    ['a long one cut to 40', LONG, [], 'a'.repeat(40)],
    ['a long one cut to make room for its number', LONG, ['a'.repeat(40)], `${'a'.repeat(38)}-2`],
    [
      'a long one cut for two digits',
      LONG,
      ['a'.repeat(40), ...Array.from({ length: 8 }, (_, i) => `${'a'.repeat(38)}-${i + 2}`)],
      `${'a'.repeat(37)}-10`,
    ],
  ])('%s', (_, template, taken, expected) => {
    const name = firstFreeName(template, new Set(taken));
    expect(name).toBe(expected);
    expect(() => checkSandboxName(name)).not.toThrow();
  });
});
