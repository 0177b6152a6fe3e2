import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../../src/config/index.js';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { createSandbox, findSandboxes } from '../../../src/sandbox/index.js';
import { openCatalog, prepareCluster, releaseOptions, requestedCluster } from '../../../src/wiring/index.js';
import { expectSchema } from '../../schemas.ts';
import { COMMAND_IDS, loadCommand } from '../commands.js';
import { AGENT, request } from '../sandbox/fixture.js';
import { contextOf, create, newEngine } from '../snapshot/fixture.js';

const { engine } = newEngine();

// The commands as they are, on an engine in memory.
vi.mock('../../../src/wiring/workspace.js', async (load) => ({
  ...(await load<object>()),
  openEngines: async () => memoryEngines(engine satisfies MemoryEngine),
}));

const ROOT = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'bdsandbox-outputs-'));
const covered = new Set<string>();
let oclif: Config;

beforeAll(async () => {
  vi.stubEnv('BDSANDBOX_OWNER', 'ann');
  vi.stubEnv('XDG_CONFIG_HOME', folder);
  vi.stubEnv('BDSANDBOX_REGISTRY', '127.0.0.1:1');
  oclif = await Config.load({ root: ROOT, ignoreManifest: false });
  const { values } = await loadConfig({ cwd: folder, env: {}, home: folder });
  const { image } = await prepareCluster(
    await openCatalog(values),
    requestedCluster('zookeeper', { nodes: 1, with: [], set: [], restart: 'no' }),
    releaseOptions(values, () => undefined, new AbortController().signal),
  );
  engine.addImage(image.reference, { labels: image.labels }).addImage('bdsandbox/none:1', { labels: image.labels });
  for (const word of ['orders', 'start', 'stop', 'restart']) engine.when([AGENT, word], () => 0);
  engine.when('/usr/lib/bdsandbox/enter', () => 0);
  await create(engine);
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  process.exitCode = 0;
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What the command prints with --json, held to its schema. */
async function json(...line: string[]): Promise<{ readonly data: Record<string, unknown>; readonly notices: string }> {
  const id = [line.slice(0, 2).join(':'), line[0] ?? ''].find((each) => COMMAND_IDS.includes(each)) ?? '';
  const Command = await loadCommand(id);
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((chunk, done?: unknown) => {
      written[stream] += String(chunk);
      if (typeof done === 'function') done();
      return true;
    });
  }
  const end = line.includes('--') ? line.indexOf('--') : line.length;
  const argv = [...line.slice(id.split(':').length, end), '--json', ...line.slice(end)];
  try {
    await new Command(argv, oclif)._run();
  } finally {
    vi.restoreAllMocks();
  }
  const output = JSON.parse(written.stdout) as { data: Record<string, unknown> };
  expectSchema(line, output);
  covered.add(id);
  return { data: output.data, notices: written.stderr };
}

describe('outputs are as their schemas say', () => {
  it.each(
    [
      'config ls',
      'config get ttl',
      'config set ttl 8h',
      'config unset ttl',
      'templates ls',
      'templates show zookeeper',
      'components ls',
      'components show hbase',
      'completion bash',
      'ls -a',
      'status demo',
      'wait demo --for running',
      'exec demo -- none',
      'logs demo',
      'events demo',
      'ports demo',
      'open demo',
      `cp demo:/etc/bdsandbox/plan.json ${join(folder, 'plan.json')}`,
      'service ls demo',
      'service stop demo echo',
      'service start demo echo --no-wait',
      'service restart demo echo --no-wait',
      'pause demo',
      'resume demo',
      'stop demo',
      'start demo --no-wait',
      'extend demo --ttl 8h',
      'extend demo --ttl never',
      'rename demo renamed',
      'rename renamed demo',
      'images ls',
      'doctor',
      'registry status',
      'snapshot bug --sandbox demo',
      'snapshots ls',
      'snapshots show bug',
      'snapshots show bug about.json',
      `snapshots show bug --evidence ${join(folder, 'bug.tar.zst')}`,
      'snapshots diff bug bug',
      'ls --snapshots',
      `collect demo -o ${join(folder, 'demo.tar.zst')}`,
      `collect bug -o ${join(folder, 'bug-2.tar.zst')}`,
      'restore bug again',
      'create zookeeper --nodes 1 --cold',
      'set zookeeper zoo.cfg:tickTime=3000',
      'set zookeeper --unset zoo.cfg:tickTime --no-restart',
      'destroy again --force',
      'snapshots rm bug --force',
      'images rm bdsandbox/none:1',
      'prune',
      'prune --expired',
    ].map((line) => [line]),
  )('%s', async (line) => {
    await json(...line.split(' '));
  });

  it('of a wait that is over at once', async () => {
    expect((await json('wait', 'nobody', '--for', 'gone')).data).toMatchObject({ name: 'nobody', reached: ['gone'] });
  });

  it('what needs a registry, a build, this machine’s network or its terminal is held to them in the e2e tests', () => {
    expect(
      COMMAND_IDS.filter((id) => !covered.has(id)),
      'a new command: add a line above',
    ).toEqual([
      'env',
      ...['images:build', 'images:pull', 'images:push', 'images:warm'],
      'proxy',
      'quickstart',
      ...['registry:down', 'registry:login', 'registry:up'],
      'run',
      'schema',
      'shell',
      ...['snapshots:export', 'snapshots:import', 'snapshots:pull', 'snapshots:push'],
    ]);
  });
});

describe('what a command does beside its own work', () => {
  const old = { now: () => new Date('2020-01-01T00:00:00Z') };
  const names = async (): Promise<string[]> =>
    (await findSandboxes(memoryEngines(engine))).map(({ sandbox }) => sandbox.name).sort();

  async function crowd(): Promise<void> {
    for (const owner of ['ann', 'bob']) {
      await createSandbox(contextOf(engine, old), request({ name: `${owner}-old`, owner, ttlMs: 1000 }));
    }
  }

  it('destroys yours whose time is over, whoever the new sandbox is for', async () => {
    await crowd();
    const { notices } = await json('create', 'zookeeper', 'for-bob', '--nodes', '1', '--cold', '--owner', 'bob');
    expect(notices).toContain('destroyed ann-old: its time was over at 2020-01-01T00:00:01.000Z');
    expect(await names()).toEqual(expect.arrayContaining(['bob-old', 'for-bob']));
    expect(await names()).not.toContain('ann-old');
    await json('destroy', 'for-bob', '--owner', 'bob', '--force');
    expect(await names()).toContain('bob-old');
  });

  it('prune --expired names them; everybody’s only with --all-owners', async () => {
    await createSandbox(contextOf(engine, old), request({ name: 'ann-old', ttlMs: 1000 }));
    expect((await json('prune', '--expired')).data['expired']).toEqual(['ann-old']);
    expect(await names()).toContain('bob-old');
    expect((await json('prune', '--expired', '--all-owners')).data['expired']).toEqual(['bob-old']);
    await expect(json('prune', '--all-owners')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('wait says by its exit code what came of it', async () => {
    await expect(json('wait', 'demo', '--for', 'stopped', '--timeout', '5ms')).rejects.toMatchObject({ exitCode: 69 });
    await expect(json('wait', 'demo', '--for', 'redy')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(json('wait', 'nobody', '--for', 'ready', '--for', 'gone')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('config set warns of what goes over the new value', async () => {
    const { data, notices } = await json('config', 'set', 'owner', 'qa');
    expect(data).toMatchObject({ changed: true, now: { value: 'ann', origin: 'env' } });
    expect(notices).toContain('BDSANDBOX_OWNER goes over it: owner is ann');
  });
});
