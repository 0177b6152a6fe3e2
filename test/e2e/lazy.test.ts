import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestoredSandbox, TakenSnapshot } from '../../src/snapshot/index.js';
import { bds, docker, inNode, json, ok, traces } from './cli.js';

const CLIENT = 'zkCli.sh -server localhost:2181';
let before: Awaited<ReturnType<typeof traces>>;

beforeAll(async () => {
  before = await traces();
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  for (const name of ['e2e-far', 'e2e-far-2']) await bds(['snapshots', 'rm', name, '--force']);
  expect(await traces()).toEqual(before);
});

test('memory that is on the disk alone comes lazily, and all of it', async (context) => {
  if (!(await dropPageCache())) return context.skip("only root can empty the kernel's page cache");
  await ok(['create', 'zookeeper', 'e2e-far', '--nodes', '1']);
  await inNode('e2e-far', `${CLIENT} create /far 'before the moment' 2>&1`);
  const taken = await json<TakenSnapshot>(['snapshot', 'e2e-far', '--mode', 'live']);
  await inNode('e2e-far', `${CLIENT} set /far later 2>&1`);
  await dropPageCache();

  const copy = await json<RestoredSandbox>(['restore', 'e2e-far', 'e2e-far-copy', '--mode', 'live']);
  expect(copy).toMatchObject({ mode: 'live', state: 'running' });
  // Where no service can look.
  await docker('exec', 'bds.e2e-far-copy', 'test', '-e', '/var/lib/bdsandbox/restore/lazy.log');
  expect(await inNode('e2e-far-copy', `${CLIENT} get /far 2>&1`)).toContain('before the moment');

  // A dump has to wait until the last page has come.
  const again = await json<TakenSnapshot>(['snapshot', 'e2e-far-2', '--sandbox', 'e2e-far-copy', '--mode', 'live']);
  expect(again.memory?.bytes).toBeGreaterThan((taken.memory?.bytes ?? 0) / 2);
  await ok(['destroy', 'e2e-far-copy', '--force']);
  await ok(['restore', 'e2e-far-2', 'e2e-far-copy', '--mode', 'live']);
  expect(await inNode('e2e-far-copy', `${CLIENT} get /far 2>&1`)).toContain('before the moment');
  expect(await inNode('e2e-far', `${CLIENT} get /far 2>&1`)).toContain('later');
});

/** Clean pages alone: what was written goes to the disk first. */
async function dropPageCache(): Promise<boolean> {
  try {
    await execa('sync');
    await writeFile('/proc/sys/vm/drop_caches', '1');
    return true;
  } catch {
    return false;
  }
}
