import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lifecycle, Sandbox } from '../../src/sandbox/index.js';
import { bds, inNode, json, ok, traces } from './cli.js';
import { countRows, expectNoDamage, fileDigest, putFile, putRows } from './scene.js';

const NAME = 'e2e-stop';
const MASTER = `${NAME}/master1`;
let before: Awaited<ReturnType<typeof traces>>;

beforeAll(async () => {
  before = await traces();
  await ok(['create', 'hadoop-hbase', NAME, '--nodes', '5']);
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  expect(await traces()).toEqual(before);
});

const expectRows = async (): Promise<void> => expect(await countRows(MASTER)).toEqual({ rows: 200, wrong: 0 });

test('HBase on five nodes ends while HDFS is there, and nothing is lost', async () => {
  await putRows(MASTER, 0, 200);
  const digest = await putFile(MASTER, '/stop/file', 3_000_000);
  await ok(['stop', NAME]);
  const started = await json<Lifecycle>(['start', NAME]);
  expect(started.sandboxes[0]?.state).toBe('running');
  // A RegionServer that closed its regions leaves no log to replay: nothing is there to be split.
  const logs = await inNode(NAME, 'cat /var/log/bdsandbox/hmaster.log');
  const since = logs.slice(logs.lastIndexOf('STARTING service'));
  expect(since).not.toMatch(/Splitting \d+ WALs|SplitWALProcedure/);
  await expectRows();
  expect(await fileDigest(MASTER, '/stop/file')).toBe(digest);
  await expectNoDamage(MASTER);
});

test('a restarted HDFS is HBase’s again', async () => {
  await ok(['service', 'restart', NAME, '--all']);
  expect((await json<Sandbox>(['status', NAME])).state).toBe('running');
  await expectRows();
});

test('goes on after a pause that is shorter than its timeouts', async () => {
  await ok(['pause', NAME]);
  await ok(['resume', NAME]);
  await expectRows();
});

test('one that was restored live starts from its files', async () => {
  await ok(['snapshot', 'e2e-stop-moment', '--sandbox', NAME]);
  await ok(['destroy', NAME, '--force']);
  await ok(['restore', 'e2e-stop-moment', NAME]);
  await ok(['stop', NAME]);
  await ok(['start', NAME]);
  await expectRows();
  await ok(['destroy', NAME, '--force']);
  await ok(['snapshots', 'rm', 'e2e-stop-moment', '--force']);
});
