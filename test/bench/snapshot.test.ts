import { afterAll, expect, test } from 'vitest';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import type { PushedSnapshot, RestoredSandbox, TakenSnapshot } from '../../src/snapshot/index.js';
import { bds, inNode, json, ok } from '../e2e/cli.js';
import { countRows, putRows } from '../e2e/scene.js';
import { median, printFigures, timed } from './report.js';

const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 5);
const GENERATIONS = 10;

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  for (const name of (await ok(['snapshots', 'ls', '-q'])).split('\n').filter((each) => each.startsWith('bench-'))) {
    await ok(['snapshots', 'rm', name, '--force']);
  }
});

test.each([
  { nodes: 5, frozen: 'at most 3.0 s', live: 'at most 4.5 s' },
  { nodes: 1, frozen: 'at most 1.2 s', live: 'at most 1.5 s' },
])('snapshot and live restore of $nodes node(s)', async ({ nodes, frozen, live }) => {
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
  printFigures(
    `Snapshot of ${nodes} node(s), median of ${ROUNDS}: frozen ${frozenMs}; restore ${restoreMs.map(Math.round)}`,
    [
      { what: 'frozen', value: ms(median(frozenMs)), target: frozen },
      { what: 'as many bytes written to that disk, one writer a node', value: ms(median(writeMs)), target: '' },
      { what: 'the whole command beyond that', value: ms(median(afterMs)), target: 'at most 2 s' },
      {
        what: 'travels to the registry beyond its base image',
        value: `${(travelled / 1e9).toFixed(2)} GB`,
        target: nodes === 5 ? 'at most 1.0 GB' : '',
      },
      { what: 'memory images', value: `${(bytes / 1e9).toFixed(2)} GB`, target: '' },
      { what: 'live restore until every service answers', value: ms(median(restoreMs)), target: live },
      { what: 'the same once the images are on the disk', value: ms(median(laterMs)), target: live },
      { what: 'cold start', value: ms(cold.ms), target: '' },
      {
        what: 'ratio to it, right after the snapshot and later',
        value: [restoreMs, laterMs].map((each) => (median(each) / cold.ms).toFixed(3)).join(' '),
        target: nodes === 5 ? 'at most 0.10' : '',
      },
    ],
  );
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
  const last = (values: readonly number[]): string => ((values.at(-1) ?? 0) / (values[0] ?? 1)).toFixed(2);
  printFigures(
    `${GENERATIONS} generations: snapshot ${snapshotMs.map(Math.round)}; restore ${restoreMs.map(Math.round)}`,
    [
      { what: 'last snapshot over first', value: last(snapshotMs), target: 'at most 1.2' },
      { what: 'last restore over first', value: last(restoreMs), target: 'at most 1.2' },
    ],
  );
});

/** What the dump at least has to do. */
async function writeZeros(nodes: readonly string[], megabytes: number): Promise<void> {
  const file = '/var/lib/bdsandbox/memory/bench-$BDSANDBOX_NODE';
  const script = `dd if=/dev/zero of=${file} bs=1M count=${megabytes} status=none; rm ${file}`;
  await Promise.all(nodes.map((node) => inNode(`bench/${node}`, script)));
}

function ms(value: number): string {
  return `${(value / 1000).toFixed(2)} s`;
}
