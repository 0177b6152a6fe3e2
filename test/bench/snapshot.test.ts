import { afterAll, expect, test } from 'vitest';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import type { PushedSnapshot, RestoredSandbox, TakenSnapshot } from '../../src/snapshot/index.js';
import { bds, inNode, json, ok } from '../e2e/cli.js';
import { countRows, putRows } from '../e2e/scene.js';
import { gigabytes, inOrder, median, nodesText, ratio, reportFigures, seconds, timed } from './report.js';

const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 5);
const GENERATIONS = 10;

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  for (const name of (await ok(['snapshots', 'ls', '-q'])).split('\n').filter((each) => each.startsWith('bench-'))) {
    await ok(['snapshots', 'rm', name, '--force']);
  }
});

test.each([
  { nodes: 5, frozen: 3, live: 4.5, travel: 1, share: 0.1 },
  { nodes: 1, frozen: 1.2, live: 1.5, travel: undefined, share: undefined },
])('snapshot and live restore of $nodes node(s)', async ({ nodes, frozen, live, travel, share }) => {
  const cold = await timed(() =>
    json<CreatedSandbox>(['create', 'hadoop-hbase', 'bench', '--nodes', String(nodes), '--cold']),
  );
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const frozenMs: number[] = [];
  const afterMs: number[] = [];
  const restoreMs: number[] = [];
  const laterMs: number[] = [];
  const writeMs: number[] = [];
  let bytes = 0;
  let travelled = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const name = `bench-${nodes}-${round}`;
    const taken = await timed(() => json<TakenSnapshot>(['snapshot', name, '--sandbox', 'bench', '--mode', 'live']));
    frozenMs.push(taken.value.frozenMs);
    afterMs.push(taken.ms - taken.value.frozenMs);
    bytes = taken.value.memory?.bytes ?? 0;
    const size = Math.round(bytes / nodes / 1e6);
    const restored = await timed(() => json<RestoredSandbox>(['restore', name, 'bench-copy', '--mode', 'live']));
    expect(restored.value.mode).toBe('live');
    restoreMs.push(restored.ms);
    await ok(['destroy', 'bench-copy', '--force']);
    const later = await timed(() => json<RestoredSandbox>(['restore', name, 'bench-copy', '--mode', 'live']));
    laterMs.push(later.ms);
    await ok(['destroy', 'bench-copy', '--force']);
    if (round === ROUNDS)
      travelled = (await json<PushedSnapshot>(['snapshots', 'push', name, '--yes', '--force'])).bytes;
    await ok(['snapshots', 'rm', name, '--force']);
    writeMs.push(
      (
        await timed(() =>
          writeZeros(
            taken.value.nodes.map((node) => node.name),
            size,
          ),
        )
      ).ms,
    );
  }
  await ok(['destroy', 'bench', '--force']);
  await reportFigures(`Snapshot of ${nodesText(nodes)}`, `frozen ${inOrder(frozenMs)}; restore ${inOrder(restoreMs)}`, [
    seconds('frozen', frozenMs, frozen),
    seconds('as many bytes written to that disk, one writer a node', writeMs),
    seconds('the whole command beyond that', afterMs, 2),
    gigabytes('memory images', bytes),
    gigabytes('travels to the registry beyond its base image', travelled, travel),
    seconds('live restore right after it, until every service answers', restoreMs, live),
    seconds('live restore later', laterMs, live),
    seconds('cold start', cold.ms),
    ratio('restore right after it over cold start', median(restoreMs) / cold.ms, share),
    ratio('restore later over cold start', median(laterMs) / cold.ms, share),
  ]);
});

test('ten generations of snapshot and restore keep data and do not slow down', async () => {
  await ok(['create', 'hadoop-hbase', 'bench-0', '--nodes', '1']);
  await putRows('bench-0', 0, 2000);
  const snapshotMs: number[] = [];
  const restoreMs: number[] = [];
  for (let generation = 1; generation <= GENERATIONS; generation += 1) {
    const from = `bench-${generation - 1}`;
    const to = `bench-${generation}`;
    await inNode(from, `echo ${generation} >> /tmp/generations`);
    const taken = await timed(() => json<TakenSnapshot>(['snapshot', to, '--sandbox', from, '--mode', 'live']));
    snapshotMs.push(taken.ms);
    await ok(['destroy', from, '--force']);
    const restored = await timed(() => json<RestoredSandbox>(['restore', to, to, '--mode', 'live']));
    restoreMs.push(restored.ms);
  }
  expect(await countRows(`bench-${GENERATIONS}`)).toEqual({ rows: 2000, wrong: 0 });
  expect(await inNode(`bench-${GENERATIONS}`, 'wc -l < /tmp/generations')).toContain(String(GENERATIONS));
  const drift = (values: readonly number[]): number => (values.at(-1) ?? 0) / (values[0] ?? 1);
  await reportFigures(
    `${GENERATIONS} generations of one node`,
    `snapshot ${inOrder(snapshotMs)}; restore ${inOrder(restoreMs)}`,
    [
      ratio('last snapshot over first', drift(snapshotMs), 1.2),
      ratio('last restore over first', drift(restoreMs), 1.2),
    ],
  );
});

/** What the dump at least has to do. */
async function writeZeros(nodes: readonly string[], megabytes: number): Promise<void> {
  const file = '/var/lib/bdsandbox/memory/bench-$BDSANDBOX_NODE';
  const script = `dd if=/dev/zero of=${file} bs=1M count=${megabytes} status=none; rm ${file}`;
  await Promise.all(nodes.map((node) => inNode(`bench/${node}`, script)));
}
