import { afterAll, expect, test } from 'vitest';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import type { WarmedCluster } from '../../src/snapshot/index.js';
import { bds, json, ok } from '../e2e/cli.js';
import { type Figure, gigabytes, inOrder, nodesText, reportFigures, seconds, timed } from './report.js';

const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 3);
const GOLDEN = { environment: { BDSANDBOX_GOLDEN: 'auto' } };

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
});

test('create as the number of nodes grows', async () => {
  const figures: Figure[] = [];
  const all: number[] = [];
  for (const nodes of [1, 3, 5, 7, 9]) {
    const words = ['hadoop-hbase', '--nodes', String(nodes)];
    const golden = await json<WarmedCluster>(['images', 'warm', ...words], GOLDEN);
    const createMs: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const created = await timed(() => json<CreatedSandbox>(['create', ...words, 'bench-nodes'], GOLDEN));
      expect(created.value.startedFrom).toBe('golden');
      createMs.push(created.ms);
      await ok(['destroy', 'bench-nodes', '--force']);
    }
    const cold = await timed(() => ok(['create', ...words, 'bench-nodes', '--cold']));
    await ok(['destroy', 'bench-nodes', '--force']);
    if (golden.origin === 'made') await ok(['snapshots', 'rm', golden.name, '--force']);
    all.push(...createMs);
    figures.push(
      seconds(`from a golden, ${nodesText(nodes)}`, createMs),
      seconds(`cold start, ${nodesText(nodes)}`, cold.ms),
      gigabytes(`memory images, ${nodesText(nodes)}`, golden.memoryBytes),
    );
  }
  await reportFigures('Create as the number of nodes grows', inOrder(all), figures);
});
