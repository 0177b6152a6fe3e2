import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../../src/config/index.js';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import type { ImageRecipe } from '../../../src/images/index.js';
import {
  ConflictError,
  DEFAULT_TTL,
  type FlowEvent,
  InterruptedError,
  NotFoundError,
  NotOwnerError,
  Sandbox,
  SandboxError,
  TemplateError,
  UsageError,
} from '../../../src/library/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox, destroySandboxes, findSandbox, findSandboxes } from '../../../src/sandbox/index.js';
import { openCatalog, prepareCluster, releaseOptions, requestedCluster } from '../../../src/wiring/index.js';
import { opening, seen } from '../client/fixture.js';
import { ENTER, onLine } from '../line.js';
import { contextOf, request, tinyPlan } from '../sandbox/fixture.js';
import { create, newEngine } from '../snapshot/fixture.js';

let engine: MemoryEngine;
let image: ImageRecipe;
let folder: string;

vi.mock('../../../src/wiring/workspace.js', async (load) => ({
  ...(await load<object>()),
  openEngines: async () => memoryEngines(engine),
}));
vi.mock(import('../../../src/client/connect.js'), async () => ({ connectTcp: (...words) => opening()(...words) }));
vi.mock(import('../../../src/client/private-hosts.js'), () => ({ privateHosts: async () => undefined }));

beforeAll(async () => {
  const { values } = await loadConfig({ cwd: tmpdir(), env: {}, home: '/nonexistent' });
  const cluster = requestedCluster('zookeeper', { nodes: 1, with: [], set: [], restart: 'no' });
  const options = releaseOptions(values, () => undefined, new AbortController().signal);
  image = (await prepareCluster(await openCatalog(values), cluster, options)).image;
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bdsandbox-library-'));
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('BDSANDBOX_')))
    vi.stubEnv(name, undefined);
  vi.stubEnv('BDSANDBOX_OWNER', 'ann');
  vi.stubEnv('BDSANDBOX_GOLDEN', 'never');
  vi.stubEnv('BDSANDBOX_REGISTRY', '127.0.0.1:1');
  vi.stubEnv('XDG_CONFIG_HOME', folder);
  vi.stubEnv('XDG_CACHE_HOME', folder);
  engine = newEngine().engine.addImage(image.reference, { labels: image.labels });
  engine.when([...BARE, 'cat'], ({ stdout }) => stdout(seen));
  for (const stream of ['stdout', 'stderr'] as const) vi.spyOn(process[stream], 'write');
});

afterEach(() => {
  expect([process.stdout.write, process.stderr.write].flatMap((write) => vi.mocked(write).mock.calls)).toEqual([]);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const names = async (): Promise<string[]> =>
  (await findSandboxes(memoryEngines(engine))).map(({ sandbox }) => sandbox.name).sort();

describe('a sandbox of a test', () => {
  test('is there in its block, and gone after it', async () => {
    {
      await using sandbox = await Sandbox.create('zookeeper', { nodes: 1, name: 'mine' });
      expect(sandbox.name).toBe('mine');
      expect(await names()).toEqual(['mine']);
      expect(await sandbox.status()).toMatchObject({ name: 'mine', owner: 'ann', startedFrom: 'cold' });
      expect(sandbox.ports).toMatchObject([{ node: 'sandbox', service: 'zookeeper', name: 'client' }]);
    }
    expect(await names()).toEqual([]);
    expect((await engine.networks.list({})).map(({ name }) => name)).toEqual(['bridge']);
    expect(await engine.volumes.list({})).toEqual([]);
  });

  test.each([
    [undefined, undefined, DEFAULT_TTL, 2 * 3_600_000],
    ['90s', undefined, '90s', 90_000],
    [undefined, '3h', 'that of the settings', 3 * 3_600_000],
    ['none', '3h', 'none', undefined],
  ])('given ttl %s and setting %s lives for %s (%s)', async (ttl, setting, _what, ms) => {
    vi.stubEnv('BDSANDBOX_TTL', setting);
    await using sandbox = await Sandbox.create('zookeeper', { nodes: 1, ...(ttl !== undefined && { ttl }) });
    const { createdAt, expiresAt } = await sandbox.status();
    const lives = expiresAt === null ? undefined : Date.parse(expiresAt) - Date.parse(createdAt);
    expect(lives).toBe(ms);
  });

  test('destroys yours whose time is over, as a killed test leaves them', async () => {
    const now = () => new Date('2020-01-01T00:00:00Z');
    await createSandbox(contextOf(engine, { now }), request({ name: 'left', ttlMs: 1000, plan: tinyPlan(1) }));
    await using sandbox = await Sandbox.create('zookeeper', { nodes: 1 });
    expect(await names()).toEqual([sandbox.name]);
  });

  test('tells its progress, and prints nothing', async () => {
    const events: FlowEvent[] = [];
    await using sandbox = await Sandbox.create('zookeeper', { nodes: 1, onEvent: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ type: 'flow', title: `Create ${sandbox.name}` });
    expect(events.filter(({ type }) => type === 'step-done').map((event) => 'step' in event && event.step)).toEqual([
      ...['image', 'network', 'nodes', 'services'],
    ]);
  });

  test('that somebody else destroyed is gone, also when another has its name', async () => {
    await using sandbox = await Sandbox.create('zookeeper', { nodes: 1, name: 'mine' });
    const engines = memoryEngines(engine);
    await destroySandboxes(engines, [await findSandbox(engines, 'mine', 'ann')], () => undefined);
    await createSandbox(contextOf(engine), request({ name: 'mine', plan: tinyPlan(1) }));
    await expect(sandbox.exec(['true'])).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'mine is gone' });
    await sandbox.destroy();
    expect(await names()).toEqual(['mine']);
  });
});

describe('a found sandbox', () => {
  beforeEach(async () => {
    await createSandbox(contextOf(engine), request({ name: 'theirs', owner: 'bob', plan: tinyPlan(1) }));
  });

  test('stays when its block ends', async () => {
    {
      await using sandbox = await Sandbox.find('theirs');
      expect(sandbox.ports).toMatchObject([{ node: 'node1', service: 'echo', name: 'web', container: 8080 }]);
    }
    expect(await names()).toEqual(['theirs']);
  });

  test('of another owner is not destroyed', async () => {
    await expect((await Sandbox.find('theirs')).destroy()).rejects.toThrow(NotOwnerError);
    await expect(Sandbox.find(undefined, { owner: 'bob' }).then((sandbox) => sandbox.destroy())).rejects.toThrow(
      NotOwnerError,
    );
    vi.stubEnv('BDSANDBOX_OWNER', 'bob');
    await (await Sandbox.find()).destroy();
    expect(await names()).toEqual([]);
  });

  test('that is not there is an error with code, hint and exit code', async () => {
    const error = await Sandbox.find('nobody').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toMatchObject({ code: 'NOT_FOUND', exitCode: 3, hint: expect.stringContaining('bdsandbox create') });
  });
});

describe('commands', () => {
  beforeEach(async () => {
    await createSandbox(contextOf(engine), request({ name: 'demo', plan: tinyPlan(2) }));
  });

  test('run in a node, with input, environment, and any exit code', async () => {
    const program = onLine(async ({ command, container, environment, stdin, stdout, stderr }) => {
      const input = Buffer.concat(await stdin.toArray()).toString();
      await stdout(`${container.name} ${command.slice(1).join(' ')} ${environment?.['A']} ${input}`);
      await stderr('aside');
      return 3;
    });
    engine.when(ENTER, program);
    const sandbox = await Sandbox.find('demo');
    const options = { node: 'node2', input: 'a line', environment: { A: 'b' } };
    expect(await sandbox.exec(['grep', 'x'], options)).toEqual({
      exitCode: 3,
      stdout: 'bds.demo.node2 grep x b a line',
      stderr: 'aside',
    });
    await expect(sandbox.exec(['true'], { node: 'node9' })).rejects.toThrow('demo has no node node9');
  });

  test('run on this machine with the kit', async () => {
    const sandbox = await Sandbox.find('demo');
    const events: FlowEvent[] = [];
    const result = await sandbox.run(['sh', '-c', 'echo "$BDSANDBOX_SANDBOX $A $PWD"; exit 4'], {
      environment: { A: 'b' },
      workingDirectory: folder,
      onEvent: (event) => events.push(event),
    });
    expect(result).toEqual({ exitCode: 4, stdout: `demo b ${folder}\n`, stderr: expect.any(String) });
    expect(events).toMatchObject([{ type: 'notice', message: expect.stringContaining('only JVMs know the nodes') }]);
  });

  test('find their variables in the environment', async () => {
    const { variables, hosts, clientAddress, folder: kit } = await (await Sandbox.find('demo')).environment();
    expect(variables).toMatchObject({ BDSANDBOX_SANDBOX: 'demo', BDSANDBOX_KIT: kit });
    expect(Object.keys(hosts)).toEqual(['node1', 'node2']);
    expect(clientAddress).toBe('10.213.0.1');
    expect(existsSync(join(kit, 'hosts'))).toBe(true);
  });
});

describe('snapshots and evidence', () => {
  test('a snapshot comes back as a sandbox of its own', async () => {
    await create(engine);
    const kept = await (await Sandbox.find('demo')).snapshot('bug', { note: 'look at this' });
    expect(kept).toMatchObject({ name: 'bug', mode: 'live', reason: '', registry: null });
    {
      await using again = await Sandbox.restore('bug', { name: 'again' });
      const { parentSnapshot, expiresAt } = await again.status();
      expect([parentSnapshot, expiresAt === null]).toEqual(['bug', false]);
    }
    expect(await names()).toEqual(['demo']);
    await expect(Sandbox.restore('none')).rejects.toThrow(SandboxError);
  });

  test('evidence goes into a new file', async () => {
    await createSandbox(contextOf(engine), request({ name: 'demo', plan: tinyPlan(1) }));
    const sandbox = await Sandbox.find('demo');
    const file = join(folder, 'demo.tar.zst');
    const collected = await sandbox.collect(file);
    expect(collected).toMatchObject({ file, files: expect.any(Number), problems: expect.any(Array) });
    expect(existsSync(file)).toBe(true);
    await expect(sandbox.collect(file)).rejects.toThrow(ConflictError);
    writeFileSync(file, '');
    expect((await sandbox.collect(file, { force: true })).bytes).toBeGreaterThan(0);
  });
});

describe('what goes wrong', () => {
  test.each([
    ['an unknown template', () => Sandbox.create('hadop'), NotFoundError],
    ['a bad name', () => Sandbox.create('zookeeper', { name: 'Bad_Name' }), UsageError],
    ['a bad time', () => Sandbox.create('zookeeper', { ttl: 'soon' }), UsageError],
    ['a number of nodes that cannot be', () => Sandbox.create('zookeeper', { nodes: 2 }), SandboxError],
  ])('%s is one of the project’s errors', async (_what, creating, type) => {
    const error = await creating().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(type);
    expect(error).not.toBeInstanceOf(TemplateError);
    expect((error as SandboxError).hint).not.toBe('');
    expect(await names()).toEqual([]);
  });

  test('an aborted create leaves nothing', async () => {
    const controller = new AbortController();
    const creating = Sandbox.create('zookeeper', {
      nodes: 1,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step-started' && event.step === 'services') controller.abort();
      },
    });
    await expect(creating).rejects.toThrow(InterruptedError);
    expect(await names()).toEqual([]);
  });

  test('every call heeds its signal, before it begins and while it lasts', async () => {
    await createSandbox(contextOf(engine), request({ name: 'demo', plan: tinyPlan(1) }));
    const sandbox = await Sandbox.find('demo');
    const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => Sandbox.create('zookeeper', { nodes: 1, signal }),
      (signal) => Sandbox.restore('bug', { signal }),
      (signal) => Sandbox.find('demo', { signal }),
      (signal) => sandbox.status({ signal }),
      (signal) => sandbox.exec(['sleep'], { signal }),
      (signal) => sandbox.run(['sleep', '60'], { signal }),
      (signal) => sandbox.environment({ signal }),
      (signal) => sandbox.snapshot('bug', { signal }),
      (signal) => sandbox.collect(join(folder, 'x'), { signal }),
      (signal) => sandbox.destroy({ signal }),
    ];
    for (const call of calls) await expect(call(AbortSignal.abort())).rejects.toThrow(InterruptedError);
    engine.when(ENTER, () => new Promise(() => undefined));
    for (const call of [calls[4], calls[5]]) {
      await expect(call?.(AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    }
    expect(await names()).toEqual(['demo']);
  });
});
