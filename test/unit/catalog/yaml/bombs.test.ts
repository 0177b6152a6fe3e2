import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../../../src/catalog/index.js';
import { parseTree, toPlain } from '../../../../src/catalog/yaml/tree.js';

/** Nine lines that stand for a billion values. */
function laughs(): string {
  const lines = Array.from({ length: 9 }, (_, at) => {
    const below = at === 0 ? 'x' : `*a${at - 1}`;
    return `a${at}: &a${at} [${Array(10).fill(below).join(', ')}]`;
  });
  return lines.join('\n');
}

test.each([
  ['aliases of aliases', laughs(), /more than 100000 values|more than 1000 aliases/],
  ['an alias of what it is in', 'a: &a\n  b: *a\n', /levels deep/],
  ['ten thousand levels', '['.repeat(10_000), /deep/],
  ['levels in levels', `${'{a: '.repeat(150)}1${'}'.repeat(150)}`, /100 levels/],
  ['many aliases', `a: &a 1\nb: [${Array(2000).fill('*a').join(', ')}]`, /1000 aliases/],
  ['a very long text', `a: ${'x'.repeat(2 << 20)}`, /262144 characters/],
])('%s end with an error of the template, at once', (_, content, words) => {
  const started = performance.now();
  expect(() => parseTree('bomb.yaml', content)).toThrow(
    expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringMatching(words) }),
  );
  expect(performance.now() - started).toBeLessThan(5000);
});

test('a few aliases are fine', () => {
  expect(toPlain(parseTree('fine.yaml', 'a: &a {b: 1}\nc: [*a, *a]\n'))).toEqual({
    a: { b: 1 },
    c: [{ b: 1 }, { b: 1 }],
  });
});

test('a file that is too large is not read', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-bomb-'));
  try {
    await mkdir(path.join(folder, 'clusters'));
    await writeFile(path.join(folder, 'clusters/big.yaml'), Buffer.alloc(2 << 20, '#'));
    await expect(loadCatalog({ folders: [folder] })).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringMatching(/big\.yaml cannot be read: it has more than 262144 bytes/),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
