import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { MemoryEngine, type Program } from '../../../src/engine/memory/index.js';
import { collectNodeFiles, collectNodeViews } from '../../../src/evidence/index.js';
import { tarOf, written } from './tars.js';

const SCRIPT = '/usr/lib/bdsandbox/evidence';

async function nodeWith(what: string, program: Program) {
  const engine = new MemoryEngine().addImage('image').when([SCRIPT, what], program);
  const spec = { name: 'node', image: 'image', hostname: 'n', labels: {}, environment: {} };
  const id = await engine.containers.create(spec);
  await engine.containers.start(id);
  return { engine, id };
}

test('views are all here when they are given', async () => {
  const tar = await tarOf({ 'processes.txt': 'ps' });
  const { engine, id } = await nodeWith('views', ({ stdout }) => stdout(tar));
  const { views, problems } = await collectNodeViews(engine, id);
  engine.die('node');
  expect(problems).toEqual([]);
  expect(views && (await buffer(views))).toEqual(tar);
});

test.each([
  [1, 'views: evidence views ended with 1: oops'],
  [127, "views: the node's image is too old to give evidence"],
])('exit code %i is a problem', async (exitCode, problem) => {
  const { engine, id } = await nodeWith('views', async ({ stderr }) => {
    await stderr('first\noops\n');
    return exitCode;
  });
  expect(await collectNodeViews(engine, id)).toEqual({ views: undefined, problems: [problem] });
});

test('a node that does not run is a problem', async () => {
  const { engine, id } = await nodeWith('views', () => 0);
  await engine.containers.stop(id, { graceMs: 0 });
  const { views, problems } = await collectNodeViews(engine, id);
  expect(views).toBeUndefined();
  expect(problems).toHaveLength(1);
});

test('what a dying node said is kept', async () => {
  const tar = await tarOf({ 'a.txt': 'a', 'b.txt': 'b' });
  const { engine, id } = await nodeWith('views', async ({ stdout }) => {
    await stdout(tar.subarray(0, 1200));
    return 137;
  });
  const { views, problems } = await collectNodeViews(engine, id);
  const { evidence } = await written({ nodes: [{ node: 'n', views, files: [], problems }] });
  expect(evidence.text('n/views/a.txt')).toBe('a');
  expect(evidence.text('problems.txt')).toContain('ended with 137');
});

test('an interrupt is not a problem of the node', async () => {
  const interrupt = new AbortController();
  const reason = new Error('Ctrl-C');
  const { engine, id } = await nodeWith('views', async ({ stdout, killed }) => {
    await stdout('x');
    interrupt.abort(reason);
    await new Promise<void>((resolve) => killed.addEventListener('abort', () => resolve()));
  });
  await expect(collectNodeViews(engine, id, interrupt.signal)).rejects.toBe(reason);
});

test('files come as they are wanted', async () => {
  const tar = await tarOf({ 'etc/a/a.cfg': 'x=1\n' });
  const { engine, id } = await nodeWith('files', ({ stdout }) => stdout(tar));
  const { evidence } = await written({
    nodes: [{ node: 'n', views: undefined, files: [collectNodeFiles(engine, id)] }],
  });
  expect(evidence.text('n/config/etc/a/a.cfg')).toBe('x=1\n');
});

test('files of a node that fails are a problem', async () => {
  const { engine, id } = await nodeWith('files', async ({ stderr }) => {
    await stderr('tar: no space\n');
    return 2;
  });
  const files = [collectNodeFiles(engine, id)];
  // Later than the failure: nobody may have died of it meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { evidence } = await written({ nodes: [{ node: 'n', views: undefined, files }] });
  expect(evidence.text('problems.txt')).toBe('n: files of /: evidence files ended with 2: tar: no space\n');
});
