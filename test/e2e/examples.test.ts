import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Manifest } from '../../src/snapshot/index.js';
import { bds, docker, json, OWNER, ok, traces } from './cli.js';

const QA = path.resolve(import.meta.dirname, '../../examples/qa');
const BUILD = 'e2e-build';
const BUG = `bug-${BUILD}-hbase-has-all-orders`;

let before: Awaited<ReturnType<typeof traces>>;
let registry: string;
let environment: Record<string, string>;

beforeAll(async () => {
  before = await traces();
  const own = (await ok(['images', 'ls', '-q'])).split('\n').find((name) => name.startsWith('bdsandbox/registry:'));
  registry = await docker('run', '-d', '-p', '127.0.0.1::5000', own ?? 'registry:2');
  environment = {
    BDSANDBOX_REGISTRY: await docker('port', registry, '5000/tcp'),
    BDSANDBOX_OWNER: OWNER,
    BDSANDBOX_GOLDEN: 'never',
    PATH: `${path.dirname(inject('program'))}:${process.env['PATH']}`,
    NO_COLOR: '1',
    BUILD,
  };
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await bds(['snapshots', 'rm', BUG, '--force']);
  await docker('rm', '-f', '-v', registry);
  expect(await traces()).toEqual(before);
});

const run = (script: string, ...words: string[]) =>
  execa(path.join(QA, script), words, { env: environment, stdin: 'ignore', reject: false, timeout: 400_000 });

test('a QA run finds the bug, keeps and pushes it, goes on, and leaves no cluster', async () => {
  const { exitCode, stdout, stderr } = await run('check.sh');
  expect({ exitCode, said: stdout.split('\n').slice(-3) }, stderr).toEqual({
    exitCode: 1,
    said: [
      `FAILED hbase-has-all-orders: HBase has 4 of 5 orders; on any machine: look.sh ${BUG}`,
      'passed hdfs-has-the-file',
      'passed hdfs-is-healthy',
    ],
  });
  expect((await json<{ sandboxes: unknown[] }>(['ls'])).sandboxes).toEqual([]);
  const { snapshots } = await json<{ snapshots: Manifest[] }>(['snapshots', 'ls']);
  expect(snapshots).toMatchObject([{ name: BUG, mode: 'live', note: 'HBase has 4 of 5 orders' }]);
});

test('a colleague has that moment by its name alone', async () => {
  await ok(['snapshots', 'rm', BUG, '--force']);
  const { exitCode, stdout, stderr } = await run('look.sh', BUG);
  expect(exitCode, `${stderr}\n${stdout}`).toBe(0);
  expect(stdout).toContain('HBase has 4 of 5 orders');
  expect(stdout).toMatch(/1001 +column=o:amount, .*value=12\.50/);
});
