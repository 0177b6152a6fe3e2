import { afterAll, test } from 'vitest';
import { bds, ok } from '../e2e/cli.js';
import { warmHadoop } from './from-golden.js';
import { type Figure, gigabytes, inOrder, nodesText, reportFigures, seconds, timed } from './report.js';

const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 3);

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
});

test('create as the number of nodes grows', async () => {
  const figures: Figure[] = [];
  const all: number[] = [];
  for (const nodes of [1, 3, 5, 7, 9]) {
    const golden = await warmHadoop(nodes);
    const createMs: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      createMs.push((await golden.create('bench-nodes')).ms);
      await ok(['destroy', 'bench-nodes', '--force']);
    }
    const cold = await timed(() => ok(['create', ...golden.words, 'bench-nodes', '--cold']));
    await ok(['destroy', 'bench-nodes', '--force']);
    await golden.remove();
    all.push(...createMs);
    figures.push(
      seconds(`from a golden, ${nodesText(nodes)}`, createMs),
      seconds(`cold start, ${nodesText(nodes)}`, cold.ms),
      gigabytes(`memory images, ${nodesText(nodes)}`, golden.memoryBytes),
    );
  }
  await reportFigures('Create as the number of nodes grows', inOrder(all), figures);
});
