import { afterAll, test } from 'vitest';
import { bds, docker, inNode, json, ok } from '../e2e/cli.js';
import { composeColdStart, planOfTemplate } from './compose.js';
import { warmHadoop } from './from-golden.js';
import { inOrder, median, nodesText, ratio, reportFigures, seconds, timed } from './report.js';

const ROUNDS = Number(process.env['BDSANDBOX_BENCH_ROUNDS'] ?? 5);
/** Of what takes ten times as long. */
const STARTS = 3;
const NAME = 'bench-golden';

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
});

test.each([
  { nodes: 5, atMost: 4 },
  { nodes: 1, atMost: 1.5 },
])('create of $nodes node(s) from a golden', async ({ nodes, atMost }) => {
  const golden = await warmHadoop(nodes);
  const { plan, image } = await planOfTemplate('hadoop-hbase', nodes);
  const createMs: number[] = [];
  const idleMs: number[] = [];
  const copyMs: number[] = [];
  const firstPutMs: number[] = [];
  const laterPutMs: number[] = [];
  const firstRowMs: number[] = [];
  const laterRowMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const created = await golden.create(NAME);
    createMs.push(created.ms);
    const { nodes: made } = created.value;
    firstPutMs.push(await put('first'));
    firstRowMs.push(await row('first'));
    if (round === ROUNDS) {
      for (let again = 0; again < 5; again += 1) {
        laterPutMs.push(await put(`later-${again}`));
        laterRowMs.push(await row(`later-${again}`));
      }
    }
    copyMs.push(
      await copy(
        made.map(({ name }) => name),
        golden.memoryBytes,
      ),
    );
    await ok(['destroy', NAME, '--force']);
    idleMs.push(await idleContainers(nodes, image.reference));
  }
  const coldMs: number[] = [];
  const composeMs: number[] = [];
  for (let round = 1; round <= STARTS; round += 1) {
    coldMs.push((await timed(() => json(['create', ...golden.words, NAME, '--cold']))).ms);
    await ok(['destroy', NAME, '--force']);
    composeMs.push(await composeColdStart(plan, image.reference));
  }
  await golden.remove();
  await reportFigures(`Create of ${nodesText(nodes)}`, inOrder(createMs), [
    seconds('from a golden, until every service answers', createMs, atMost),
    seconds('cold start', coldMs),
    seconds('docker-compose up until healthy, same image', composeMs),
    seconds('docker run of as many idle containers', idleMs),
    seconds('copying as many bytes as the golden has memory', copyMs),
    ratio('golden over cold start', median(createMs) / median(coldMs), 0.1),
    ratio('golden over compose', median(createMs) / median(composeMs), 0.1),
    seconds('first `hdfs dfs -put`', firstPutMs),
    ratio('first put over a later one', median(firstPutMs) / median(laterPutMs), 1.3),
    seconds('first row by `hbase shell`', firstRowMs),
    ratio('first row over a later one', median(firstRowMs) / median(laterRowMs), 1.3),
  ]);
});

async function put(name: string): Promise<number> {
  return (await timed(() => inNode(NAME, `hdfs dfs -put /etc/hosts /${name}`))).ms;
}

/** With a table of its own, which the master has to place. */
async function row(name: string): Promise<number> {
  const input = `create '${name}', 'f'\nput '${name}', 'r', 'f:q', 'v'\n`;
  return (await timed(() => ok(['exec', NAME, '--', 'hbase', 'shell', '-n'], { input }))).ms;
}

/** From the page cache to where memory images are, one writer a node: what a restore at least has to do. */
async function copy(nodes: readonly string[], bytes: number): Promise<number> {
  const megabytes = Math.round(bytes / nodes.length / 1e6);
  const file = '/var/lib/bdsandbox/memory/bench-$BDSANDBOX_NODE';
  const run = (script: string) => Promise.all(nodes.map((node) => inNode(`${NAME}/${node}`, script)));
  await run(`dd if=/dev/zero of=${file} bs=1M count=${megabytes} status=none`);
  const { ms } = await timed(() => run(`cp ${file} ${file}.copy`));
  await run(`rm ${file} ${file}.copy`);
  return ms;
}

/** All at once, without a port. */
async function idleContainers(count: number, image: string): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => `bds-bench-idle-${index}`);
  const run = (name: string): Promise<string> =>
    docker('run', '-d', '--name', name, '--entrypoint', 'sleep', image, '60');
  try {
    return (await timed(() => Promise.all(names.map(run)))).ms;
  } finally {
    await docker('rm', '-f', ...names);
  }
}
