import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import Cp from '../../../src/commands/cp.js';
import Exec from '../../../src/commands/exec.js';
import Extend from '../../../src/commands/extend.js';
import Pause from '../../../src/commands/pause.js';
import Rename from '../../../src/commands/rename.js';
import Resume from '../../../src/commands/resume.js';
import ServiceLs from '../../../src/commands/service/ls.js';
import ServiceRestart from '../../../src/commands/service/restart.js';
import ServiceStart from '../../../src/commands/service/start.js';
import ServiceStop from '../../../src/commands/service/stop.js';
import SetConfig from '../../../src/commands/set.js';
import Shell from '../../../src/commands/shell.js';
import Start from '../../../src/commands/start.js';
import Stop from '../../../src/commands/stop.js';
import type { Engines } from '../../../src/engine/index.js';
import { memoryEngines } from '../../../src/engine/memory/index.js';
import { NotOwnerError, UsageError } from '../../../src/errors/index.js';
import { ENTER, onLine } from '../line.js';
import { type Cluster, cluster } from '../sandbox/agents.js';
import { withNodeTar } from '../sandbox/fixture.js';
import { asProcess, config } from './fixture.js';

let engines: Engines;
vi.mock('../../../src/wiring/index.js', async (original) => ({
  ...(await original<typeof import('../../../src/wiring/index.js')>()),
  openEngines: () => Promise.resolve(engines),
}));

let it: Cluster;
let folder: string;

const printed = asProcess();

beforeEach(async () => {
  it = await cluster();
  engines = memoryEngines(it.engine);
  folder = await mkdtemp(join(tmpdir(), 'bdsandbox-commands-'));
  vi.stubEnv('BDSANDBOX_OWNER', 'ann');
  vi.stubEnv('XDG_CONFIG_HOME', folder);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What a command prints. */
async function run(Command: new (argv: string[], loaded: typeof config) => object, ...argv: string[]): Promise<string> {
  printed.text = '';
  const command = new Command(argv, config) as { _run(): Promise<unknown> };
  await command['_run']();
  return printed.text;
}

test('services: stop, start, restart, ls', async () => {
  expect(await run(ServiceStop, 'store')).toBe('Stopped store of node1, node2, node3: stopped\n');
  expect(await run(ServiceStart, 'demo/node2', 'store', '--no-wait')).toBe('Started store of node2: starting\n');
  expect(await run(ServiceStart, 'demo', '--all', '-q')).toBe('node1/store\nnode3/store\n');
  const { data } = JSON.parse(await run(ServiceRestart, 'demo/node1/names', '--json', '--timeout', '1m'));
  expect(data).toMatchObject({ sandbox: 'demo', action: 'restart', changed: ['node1/names'], unchanged: [] });
  expect(await run(ServiceLs, 'demo/node1')).toMatch(/^NODE +SERVICE.*\nnode1 +store +ready/);
  expect(await run(ServiceLs, 'table', '-q')).toBe('node2/table\nnode3/table\n');
});

test('sandboxes: pause, resume, stop, start', async () => {
  expect(await run(Pause)).toBe('Paused demo.\n');
  expect(await run(Pause, 'demo')).toBe('demo is paused already.\n');
  expect(await run(Resume, '--all')).toBe('Resumed demo.\n');
  expect(await run(Stop, '-q')).toBe('demo\n');
  vi.stubEnv('BDSANDBOX_SANDBOX', 'demo');
  expect(await run(Start)).toMatch(/^Started demo.\n\ndemo is running:\nSERVICE +NODE/);
  const { data } = JSON.parse(await run(Start, '--json', '--no-wait'));
  expect(data).toMatchObject({ changed: [], unchanged: ['demo'], sandboxes: [{ name: 'demo', nodes: [{}, {}, {}] }] });
});

test.each([
  [Stop, []],
  [Start, []],
  [Pause, []],
  [Resume, []],
  [ServiceStop, ['store']],
  [ServiceRestart, ['store']],
  [Extend, ['--ttl', '8h']],
  [Rename, ['other']],
] as const)('%o: somebody else’s only when both are said', async (Command, more) => {
  vi.stubEnv('BDSANDBOX_OWNER', 'bob');
  await expect(run(Command, 'demo', ...more)).rejects.toThrow(NotOwnerError);
  await expect(run(Command, 'demo', ...more, '--owner', 'ann')).rejects.toThrow(NotOwnerError);
  await run(Command, 'demo', ...more, '--owner', 'ann', '--force');
});

test('extend', async () => {
  expect(await run(Extend, '--ttl', '8h')).toMatch(/^demo ends in 8h, at 20.*Z\.\n$/);
  expect(await run(Extend, 'demo', '--ttl', 'never')).toBe('demo stays until it is destroyed.\n');
  expect(await run(Extend, 'demo', '--ttl', '90m', '-q')).toBe('demo\n');
  for (const argv of [['demo'], ['demo', '--ttl', 'soon'], ['demo', 'other', '--ttl', '8h']]) {
    await expect(run(Extend, ...argv)).rejects.toMatchObject({ exitCode: 2 });
  }
});

test('rename', async () => {
  expect(await run(Rename, 'demo', 'other')).toBe('demo is other now.\n');
  expect(await run(Rename, 'other', 'demo', '-q')).toBe('demo\n');
  for (const argv of [['demo'], ['demo', 'Not_a_name'], ['demo', 'demo']]) {
    await expect(run(Rename, ...argv)).rejects.toMatchObject({ exitCode: 2 });
  }
  await expect(run(Rename, 'nobody', 'other')).rejects.toMatchObject({ exitCode: 3 });
  vi.stubEnv('BDSANDBOX_OWNER', 'bob');
  await expect(run(Rename, 'demo', 'other')).rejects.toMatchObject({
    hint: expect.stringContaining('if they agree: bdsandbox '),
  });
});

test('set: what is wrong on the command line', async () => {
  for (const argv of [[], ['demo'], ['demo', '--unset', '']]) {
    await expect(run(SetConfig, ...argv)).rejects.toMatchObject({ exitCode: expect.any(Number) });
  }
  await expect(run(SetConfig)).rejects.toThrow('there is nothing to set');
  await expect(run(SetConfig, 'demo')).rejects.toThrow(UsageError);
  await expect(run(SetConfig, 'nobody', 'zoo.cfg:a=b')).rejects.toMatchObject({ exitCode: 3 });
  // Not taken for a sandbox; its template is not among those that are here.
  await expect(run(SetConfig, 'zoo.cfg:a=b')).rejects.toThrow(
    'the template tiny, of which the sandbox was made, is not here',
  );
  vi.stubEnv('BDSANDBOX_OWNER', 'bob');
  await expect(run(SetConfig, 'demo', 'zoo.cfg:a=b')).rejects.toMatchObject({
    hint: 'if they agree: bdsandbox set demo zoo.cfg:a=b --force --owner ann',
  });
});

test('names and --all', async () => {
  await expect(run(Stop, 'demo', '--all')).rejects.toThrow(UsageError);
  await expect(run(ServiceStop, 'demo', 'store', '--all')).rejects.toThrow(UsageError);
});

test('cp: in and out, what it says, and no archive beside JSON', async () => {
  const file = join(folder, 'a');
  await writeFile(file, 'a');
  withNodeTar(it.engine);
  expect(await run(Cp, file, 'demo/node2:/etc/')).toMatch(/^Copied .*a to demo\/node2:\/etc\/, 1 B\.\n$/);
  const { data } = JSON.parse(await run(Cp, ':/etc/bdsandbox/plan.json', join(folder, 'plan'), '--json'));
  expect(data).toEqual({
    from: [':/etc/bdsandbox/plan.json'],
    to: join(folder, 'plan'),
    bytes: expect.any(Number),
    skipped: [],
  });
  expect(JSON.parse(await readFile(join(folder, 'plan'), 'utf8'))).toMatchObject({ template: 'tiny' });
  expect(await run(Cp, 'demo:/etc/bdsandbox', '-')).toContain('bdsandbox/plan.json');
  await expect(run(Cp, 'demo:/etc', '-', '--json')).rejects.toThrow(UsageError);
});

test('shell passes the exit code on', async () => {
  const program = onLine(async ({ container, stdout }) => {
    await stdout(`in ${container.name}\n`);
    return 7;
  });
  it.engine.when(ENTER, program);
  expect(await run(Shell, 'demo/node2')).toBe('in bds.demo.node2\n');
  expect(process.exitCode).toBe(7);
  expect(await run(Shell, '/node3')).toBe('in bds.demo.node3\n');
  expect(JSON.parse(await run(Shell, '--json')).data).toEqual({ exitCode: 7, stdout: 'in bds.demo\n', stderr: '' });
});

test('exec hands on every word behind -- as it is, also those that stand twice or look like ours', async () => {
  const program = onLine(({ command, stdout }) => stdout(JSON.stringify(command.slice(1))));
  it.engine.when(ENTER, program);
  const words = ['sh', '-c', 'demo --json', 'sh', 'demo', '--', '--json', '-h', ''];
  const { data } = JSON.parse(await run(Exec, 'demo', '--json', '--', ...words));
  expect(JSON.parse(data.stdout)).toEqual(words);
  // Without a name: your only sandbox.
  expect(JSON.parse(JSON.parse(await run(Exec, '--json', '--', 'jps')).data.stdout)).toEqual(['jps']);
});

test.each([
  [['demo', 'hdfs', 'dfs', '-ls', '/'], 'put -- before the command: bdsandbox exec demo -- hdfs dfs -ls /'],
  [['demo', '--json', 'sh', '-c', 'a b'], "put -- before the command: bdsandbox exec demo --json -- sh -c 'a b'"],
  [['--sandbox', 'demo', '/node2', 'jps'], 'put -- before the command: bdsandbox exec --sandbox demo /node2 -- jps'],
  [['demo', '-n'], 'for example: bdsandbox exec demo -n -- jps'],
  [['demo', '--'], 'for example: bdsandbox exec demo -- jps'],
  [[], 'for example: bdsandbox exec -- jps'],
])('exec %j says how it was probably meant', async (words, hint) => {
  await expect(run(Exec, ...words)).rejects.toMatchObject({ code: 'USAGE', hint });
});

test('a command runs in no service', async () => {
  const message = "'demo/node1/echo' is not SANDBOX or SANDBOX/NODE";
  await expect(run(Exec, 'demo/node1/echo', '--', 'jps')).rejects.toThrow(message);
  await expect(run(Shell, 'demo/node1/echo')).rejects.toThrow(message);
});

test('exec -n leaves standard input to whoever reads it next', async () => {
  const words: (readonly string[])[] = [];
  it.engine.when(ENTER, ({ command }) => void words.push(command.slice(2)));
  const listeners = process.stdin.listenerCount('data');
  await run(Exec, 'demo', '-n', '--', 'cat');
  expect(words).toEqual([['none', 'cat']]);
  expect(process.stdin.listenerCount('data')).toBe(listeners);
});
