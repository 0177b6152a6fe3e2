import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bds, json, OWNER, traces } from './cli.js';
import { projectWith } from './installed.js';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples');

let before: Awaited<ReturnType<typeof traces>>;
let environment: Record<string, string>;

beforeAll(async () => {
  before = await traces();
  environment = {
    BDSANDBOX_OWNER: OWNER,
    BDSANDBOX_GOLDEN: 'never',
    PATH: `${path.dirname(inject('program'))}:${process.env['PATH']}`,
    NO_COLOR: '1',
  };
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  for (const name of await kept()) await bds(['snapshots', 'rm', name, '--force']);
  expect(await traces()).toEqual(before);
});

const kept = async (): Promise<string[]> =>
  (await json<{ snapshots: { name: string }[] }>(['snapshots', 'ls'])).snapshots.map(({ name }) => name);
const sandboxes = async () => (await json<{ sandboxes: unknown[] }>(['ls'])).sandboxes;

test('Vitest: tests own a cluster, and one that fails keeps its scene', async () => {
  await using project = await projectWith({ from: path.join(EXAMPLES, 'vitest'), tools: ['vitest', '@types/node'] });
  // What fails here passes in the example, as its other test does.
  const file = path.join(project.folder, 'orders.test.ts');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace("toContain('value=12.50')", "toContain('value=12.51')"));
  const vitest = path.join(project.folder, 'node_modules/vitest/vitest.mjs');
  const { exitCode, stdout, stderr } = await execa('node', [vitest, 'run'], {
    cwd: project.folder,
    env: environment,
    reject: false,
    timeout: 280_000,
  });
  expect(exitCode, `${stdout}\n${stderr}`).toBe(1);
  expect(stdout).toMatch(/1 failed \| 1 passed/);
  expect(stderr).toContain('value=12.50');
  const [, name = ''] = /kept (\S+) \((live|cold)\): bdsandbox restore \1 look/.exec(stdout) ?? [];
  expect(await kept()).toEqual([name]);
  expect(await sandboxes()).toEqual([]);
});

describe('JUnit', () => {
  test('an HBase client in the JVM of the tests uses a cluster of its own', async ({ skip }) => {
    const missing = ['mvn', 'javac'].filter((tool) => !isThere(tool));
    skip(missing.length > 0, `this machine has no ${missing.join(' and no ')}`);
    const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-junit-'));
    try {
      await cp(path.join(EXAMPLES, 'junit'), folder, {
        recursive: true,
        filter: (source) => path.basename(source) !== 'target',
      });
      const { exitCode, stdout, stderr } = await execa('mvn', ['-B', 'test'], {
        cwd: folder,
        env: environment,
        reject: false,
        timeout: 600_000,
      });
      expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toContain('Tests run: 1, Failures: 0, Errors: 0, Skipped: 0');
      expect(await sandboxes()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function isThere(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, tool)));
}
