import { afterAll, expect, test } from 'vitest';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import type { WarmedCluster } from '../../src/snapshot/index.js';
import { bds, docker, inNode, json, ok } from '../e2e/cli.js';
import { median, printFigures, seconds, timed } from './report.js';

const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 5);
const GOLDEN = { environment: { BDSANDBOX_GOLDEN: 'auto' } };
const IDLE = Array.from({ length: 5 }, (_, index) => `bds-bench-idle-${index}`);

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
});

test.each([
  { nodes: 5, target: 'at most 4 s' },
  { nodes: 1, target: 'at most 1.5 s' },
])('create of $nodes node(s) from a golden', async ({ nodes, target }) => {
  const words = ['hadoop-hbase', '--nodes', String(nodes)];
  const golden = await json<WarmedCluster>(['images', 'warm', ...words], GOLDEN);
  const createMs: number[] = [];
  const idleMs: number[] = [];
  const firstPutMs: number[] = [];
  const laterPutMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const created = await timed(() => json<CreatedSandbox>(['create', ...words, 'bench-golden'], GOLDEN));
    expect(created.value.startedFrom).toBe('golden');
    createMs.push(created.ms);
    firstPutMs.push(await put('first'));
    if (round === ROUNDS) for (let again = 0; again < 5; again += 1) laterPutMs.push(await put(`later-${again}`));
    await ok(['destroy', 'bench-golden', '--force']);
    idleMs.push(await idleContainers(nodes));
  }
  const cold = await timed(() => json(['create', ...words, 'bench-golden', '--cold']));
  await ok(['destroy', 'bench-golden', '--force']);
  if (golden.origin === 'made') await ok(['snapshots', 'rm', golden.name, '--force']);
  printFigures(`Create of ${nodes} node(s) from a golden, median of ${ROUNDS}: ${createMs.map(Math.round)}`, [
    { what: 'until every service answers', value: seconds(median(createMs)), target },
    { what: 'cold start', value: seconds(cold.ms), target: '' },
    { what: 'ratio of the two', value: (median(createMs) / cold.ms).toFixed(3), target: 'at most 0.10' },
    { what: 'docker run of as many idle containers', value: seconds(median(idleMs)), target: 'the floor' },
    { what: 'first `hdfs dfs -put`', value: seconds(median(firstPutMs)), target: '' },
    {
      what: 'over a later one',
      value: (median(firstPutMs) / median(laterPutMs)).toFixed(2),
      target: 'at most 1.3',
    },
  ]);
});

async function put(name: string): Promise<number> {
  return (await timed(() => inNode('bench-golden', `hdfs dfs -put /etc/hosts /${name}`))).ms;
}

/** All at once, of the same image, without a port. */
async function idleContainers(count: number): Promise<number> {
  const images = await docker('images', '-q', 'bdsandbox/hadoop-hbase');
  const [image = ''] = images.split('\n');
  const names = IDLE.slice(0, count);
  const run = (name: string): Promise<string> =>
    docker('run', '-d', '--name', name, '--entrypoint', 'sleep', image, '60');
  try {
    return (await timed(() => Promise.all(names.map(run)))).ms;
  } finally {
    await docker('rm', '-f', ...names);
  }
}
