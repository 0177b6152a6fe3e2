import { expect, test } from 'vitest';
import type { CreatedSandbox, Sandbox } from '../../src/sandbox/index.js';
import { openCatalog, prepareCluster } from '../../src/wiring/index.js';
import { bds, json, ok } from '../e2e/cli.js';
import { composeColdStart } from './compose.js';
import { type Figure, median, printFigures, seconds } from './report.js';

/** Each kind in turn, so that a noisy minute hits all of them. */
const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 3);
const TARGETS: Readonly<Record<number, string>> = { 1: 'at most 25 s', 5: 'at most 60 s' };

test.each([1, 5])('cold start of %i nodes beside compose', async (nodes) => {
  const { values } = await import('../../src/config/index.js').then(({ loadConfig }) =>
    loadConfig({ cwd: '/', env: {}, home: '/nonexistent' }),
  );
  const { plan, image } = await prepareCluster(
    await openCatalog(values),
    { template: 'hadoop-hbase', nodes, releases: [], settings: [], restart: 'no' },
    { downloads: '/nonexistent', mavenRepository: undefined, onProgress: () => undefined },
  );
  await ok(['images', 'build', 'hadoop-hbase']);
  const ours: number[] = [];
  const compose: number[] = [];
  let memory: number | undefined;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      compose.push(await composeColdStart(plan, image.reference));
      const started = performance.now();
      const sandbox = await json<CreatedSandbox>([
        'create',
        'hadoop-hbase',
        'bench',
        '--nodes',
        String(nodes),
        '--cold',
      ]);
      ours.push(performance.now() - started);
      expect(sandbox.state).toBe('running');
      memory = (await idleMemory(round === ROUNDS - 1)) ?? memory;
      await ok(['destroy', 'bench', '--force']);
    }
  } finally {
    await bds(['destroy', '--all', '--force']);
  }
  const figures: Figure[] = [
    { what: 'create --cold, whole command', value: seconds(median(ours)), target: TARGETS[nodes] ?? '' },
    { what: 'docker-compose up until healthy', value: seconds(median(compose)), target: '' },
    { what: 'ratio', value: (median(ours) / median(compose)).toFixed(2), target: 'at most 1.0' },
    {
      what: 'resident memory, idle for a minute',
      value: `${((memory ?? 0) / 1e9).toFixed(2)} GB`,
      target: nodes === 5 ? 'at most 3.2 GB' : '',
    },
  ];
  printFigures(
    `Cold start, ${nodes} node(s), median of ${ROUNDS}: ours ${ours.map(seconds)}; compose ${compose.map(seconds)}`,
    figures,
  );
});

async function idleMemory(measure: boolean): Promise<number | undefined> {
  if (!measure) return undefined;
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  const { nodes } = await json<Sandbox>(['status', 'bench']);
  return nodes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
}
