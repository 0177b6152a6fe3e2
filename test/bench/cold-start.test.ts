import { expect, test } from 'vitest';
import type { CreatedSandbox, Sandbox } from '../../src/sandbox/index.js';
import { bds, json, ok } from '../e2e/cli.js';
import { composeColdStart, planOfTemplate } from './compose.js';
import { gigabytes, inOrder, median, nodesText, ratio, reportFigures, seconds, timed } from './report.js';

/** Each kind in turn, so that a noisy minute hits all of them. */
const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 3);

test.each([
  { nodes: 1, atMost: 25, memoryAtMost: undefined },
  { nodes: 5, atMost: 35, memoryAtMost: 3.2 },
])('cold start of $nodes node(s) beside compose', async ({ nodes, atMost, memoryAtMost }) => {
  const { plan, image } = await planOfTemplate('hadoop-hbase', nodes);
  await ok(['images', 'build', 'hadoop-hbase']);
  const ours: number[] = [];
  const compose: number[] = [];
  let memory = 0;
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      compose.push(await composeColdStart(plan, image.reference));
      const words = ['hadoop-hbase', 'bench', '--nodes', String(nodes), '--cold'];
      const created = await timed(() => json<CreatedSandbox>(['create', ...words]));
      ours.push(created.ms);
      expect(created.value.state).toBe('running');
      if (round === ROUNDS) memory = await idleMemory();
      await ok(['destroy', 'bench', '--force']);
    }
  } finally {
    await bds(['destroy', '--all', '--force']);
  }
  await reportFigures(`Cold start of ${nodesText(nodes)}`, inOrder(ours), [
    seconds('create --cold, the whole command', ours, atMost),
    seconds('docker-compose up until healthy, same image', compose),
    ratio('ours over compose', median(ours) / median(compose), 1),
    gigabytes('resident memory, idle for a minute', memory, memoryAtMost),
  ]);
});

/** Bytes */
async function idleMemory(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  const { nodes } = await json<Sandbox>(['status', 'bench']);
  return nodes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
}
