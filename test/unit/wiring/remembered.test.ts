import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { prepareCluster } from '../../../src/wiring/cluster.js';
import { type Memory, remembered } from '../../../src/wiring/remembered.js';
import { folderWith } from '../catalog/folders.js';
import { catalog } from '../plan/shipped.js';

let computed: number;
const compute = async (): Promise<{ n: number }> => ({ n: ++computed });

beforeEach(() => {
  computed = 0;
});

describe('a result is remembered', () => {
  test('for the same words and files, from run to run', async () => {
    await using it = await scene();
    expect(await it.ask()).toEqual({ n: 1 });
    expect(await it.ask()).toEqual({ n: 1 });
    expect(await it.ask({ words: { nodes: 5 } })).toEqual({ n: 2 });
    expect(await it.ask()).toEqual({ n: 1 });
    expect(await readdir(it.memory.folder)).toHaveLength(2);
  });

  test.each<[string, (inputs: string) => Promise<unknown>]>([
    ['is written', (inputs) => writeFile(path.join(inputs, 'a/b.yaml'), 'two')],
    ['is new', (inputs) => writeFile(path.join(inputs, 'c.yaml'), 'one')],
    ['is gone', (inputs) => rm(path.join(inputs, 'a/b.yaml'))],
    ['is executable now', (inputs) => chmod(path.join(inputs, 'a/b.yaml'), 0o755)],
  ])('until a file %s', async (_, change) => {
    await using it = await scene();
    await it.ask();
    await change(it.inputs);
    expect(await it.ask()).toEqual({ n: 2 });
    expect(await it.ask()).toEqual({ n: 2 });
  });

  test('never where a link is among the files: what it leads to changes unseen', async () => {
    await using it = await scene();
    await symlink('/etc/hostname', path.join(it.inputs, 'a/link.yaml'));
    expect(await it.ask()).toEqual({ n: 1 });
    expect(await it.ask()).toEqual({ n: 2 });
  });

  test('until the program is another; and never by one that has no name', async () => {
    await using it = await scene();
    await it.ask();
    expect(await it.ask({}, { program: 'raise-87654321.js' })).toEqual({ n: 2 });
    expect(await it.ask({}, { program: undefined })).toEqual({ n: 3 });
    expect(await it.ask({}, { program: undefined })).toEqual({ n: 4 });
  });

  test('but not from a damaged file, and a failure is none', async () => {
    await using it = await scene();
    await it.ask();
    const [name = ''] = await readdir(it.memory.folder);
    const file = path.join(it.memory.folder, name);
    await writeFile(file, (await readFile(file)).subarray(0, 20));
    expect(await it.ask()).toEqual({ n: 2 });
    const broken = remembered(it.memory, { words: 'broken', folders: [] }, () => Promise.reject(new Error('broken')));
    await expect(broken).rejects.toThrow('broken');
    expect(await readdir(it.memory.folder)).toEqual([name]);
  });

  test('only so many: then all are forgotten', async () => {
    await using it = await scene();
    for (let nodes = 0; nodes < 40; nodes += 1) await it.ask({ words: { nodes } });
    expect(await readdir(it.memory.folder)).toHaveLength(40);
    await it.ask({ words: { nodes: 40 } });
    expect(await readdir(it.memory.folder)).toHaveLength(1);
  });

  test('nowhere, where nothing can be written', async () => {
    await using it = await scene();
    const folder = path.join(it.inputs, 'a/b.yaml/plans');
    expect(await it.ask({}, { folder })).toEqual({ n: 1 });
    expect(await it.ask({}, { folder })).toEqual({ n: 2 });
  });
});

test('plan and image of a cluster are pure data: they come back as they were', async () => {
  await using it = await scene();
  const words = { template: 'hadoop-hbase', releases: [], settings: [], restart: 'no' } as const;
  const options = { downloads: '/nowhere', mavenRepository: undefined, onProgress: () => undefined };
  const prepare = () => prepareCluster(catalog, words, options);
  await remembered(it.memory, { words, folders: [] }, prepare);
  const again = await remembered(it.memory, { words, folders: [] }, () => Promise.reject(new Error('not remembered')));
  expect(again).toEqual(await prepare());
});

async function scene() {
  const folder = await folderWith({ 'inputs/a/b.yaml': 'one' });
  const inputs = path.join(folder.path, 'inputs');
  const memory: Memory = { folder: path.join(folder.path, 'memory'), program: 'raise-12345678.js' };
  await mkdir(inputs, { recursive: true });
  return {
    inputs,
    memory,
    ask: (question: { words?: unknown } = {}, other: Partial<Memory> = {}) =>
      remembered({ ...memory, ...other }, { words: { nodes: 1 }, folders: [inputs], ...question }, compute),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
