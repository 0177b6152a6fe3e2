import { Sandbox } from 'bdsandbox';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.create('hadoop-hbase', {
    nodes: 1,
    name: `orders-${process.pid}`,
    ttl: '30m',
    onEvent: (event) => {
      if (event.type === 'step-done') console.log(`${event.step}: ${event.elapsedMs} ms`);
    },
  });
});

// Nothing was made when beforeAll failed.
afterAll(() => sandbox?.destroy());

// The cluster as it was when a test failed, with its memory: bdsandbox restore orders-PID-1 look
let failures = 0;
beforeEach(({ onTestFailed, task }) => {
  onTestFailed(async () => {
    failures += 1;
    const { name, mode } = await sandbox.snapshot(`${sandbox.name}-${failures}`, { note: task.name });
    console.log(`kept ${name} (${mode}): bdsandbox restore ${name} look`);
  });
});

test('an order is found by its number', async () => {
  await hbase(`create 'orders', 'o'
put 'orders', '1001', 'o:amount', '12.50'`);
  expect(await hbase("get 'orders', '1001'")).toContain('value=12.50');
});

test('a report in HDFS is read by a program of this machine', async () => {
  const put = await sandbox.exec(['hdfs', 'dfs', '-put', '-', '/report.csv'], { input: '1001,12.50\n' });
  expect(put).toMatchObject({ exitCode: 0 });
  // The NameNode leads on to a DataNode by its name, which only programs know that the sandbox runs.
  const url = 'http://sandbox:9870/webhdfs/v1/report.csv?op=OPEN';
  expect(await sandbox.run(['curl', '--silent', '--location', url])).toMatchObject({ stdout: '1001,12.50\n' });
});

async function hbase(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await sandbox.exec(['hbase', 'shell', '-n'], { input: `${script}\n` });
  expect(exitCode, stderr).toBe(0);
  return stdout;
}
