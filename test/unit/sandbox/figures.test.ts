import { describe, expect, test } from 'vitest';
import type { ToldFigure } from '../../../src/node/index.js';
import { addUp } from '../../../src/sandbox/figures.js';

const told = (more: Partial<ToldFigure>): ToldFigure => ({
  title: 'HDFS',
  label: 'used',
  unit: 'count',
  well: '-',
  value: 1,
  ...more,
});

describe('addUp', () => {
  test('adds up what several nodes tell, and the wholes of each', () => {
    const figures = addUp([told({ value: 2, of: 10 }), told({ value: 3, of: 20 }), told({ label: 'files' })]);
    expect(figures).toEqual([
      { title: 'HDFS', label: 'used', unit: 'count', value: 5, of: 30, well: true },
      { title: 'HDFS', label: 'files', unit: 'count', value: 1, of: null, well: true },
    ]);
  });

  test('a whole of all nodes counts once: a backup tells zero of the same ones', () => {
    const servers = { well: 'all', all: 3 } as const;
    expect(addUp([told({ value: 3, ...servers }), told({ value: 0, ...servers })])).toMatchObject([
      { value: 3, of: 3, well: true },
    ]);
  });

  test.each([
    ['none', 0, undefined, true],
    ['none', 1, undefined, false],
    ['all', 2, 3, false],
    ['all', 4, 3, true],
    ['-', 9, 3, true],
  ] as const)('well: %s with %i of %s', (well, value, all, expected) => {
    expect(addUp([told({ well, value, ...(all === undefined ? {} : { all }) })])[0]?.well).toBe(expected);
  });

  test('gives bytes for megabytes, and titles in their order', () => {
    const figures = addUp([told({ title: 'YARN', unit: 'megabytes', value: 1, of: 2 }), told({ title: 'HBase' })]);
    expect(figures.map(({ title }) => title)).toEqual(['HBase', 'YARN']);
    expect(figures[1]).toMatchObject({ unit: 'bytes', value: 1_048_576, of: 2_097_152 });
  });
});
