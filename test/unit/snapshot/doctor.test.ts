import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoctorContext, examine } from '../../../src/doctor/index.js';
import type { EngineInfo } from '../../../src/engine/index.js';
import { MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { EngineUnreachableError } from '../../../src/errors/index.js';

const server = createServer((_, response) => response.end());
let registry = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const CONTEXT = {
  networkPool: '10.213.0.0/16',
  program: '1.2.3',
  clusterImages: async () => [{ template: 'tiny', reference: 'bdsandbox/tiny:1' }],
};

const PLATFORM = {
  able: true,
  reason: '',
  kernel: '6.1.0',
  architecture: 'x86_64',
  criu: '4.2',
  cpuFlags: 'sse',
  memoryFreeBytes: 8e9,
  diskFreeBytes: 100e9,
};

function engineWith(platform: Partial<typeof PLATFORM> = {}, info: Partial<EngineInfo> = {}): MemoryEngine {
  return new MemoryEngine({ info: { kernel: '6.1.0', cpus: 4, memoryBytes: 16e9, ...info } })
    .addImage('bdsandbox/tiny:1', { labels: { 'bdsandbox.image': 'cluster', 'bdsandbox.image.name': 'tiny' } })
    .when('sleep', ({ killed }) => new Promise((resolve) => killed.addEventListener('abort', () => resolve())))
    .when('/usr/lib/bdsandbox/can-freeze', async ({ stdout }) => {
      await stdout(`${JSON.stringify({ ...PLATFORM, ...platform })}\n`);
    });
}

const LIMITS = {
  openFiles: 1_048_576,
  tasks: null,
  machineTasks: 32_768,
  inotifyInstances: 128,
  inotifyWatches: 65_536,
  overcommit: 0,
};

function limitsAre(
  engine: MemoryEngine,
  more: Partial<typeof LIMITS> & { readonly aheadMs?: number } = {},
): MemoryEngine {
  const { aheadMs = 0, ...limits } = more;
  return engine.when('/usr/lib/bdsandbox/limits', ({ stdout }) =>
    stdout(JSON.stringify({ ...LIMITS, ...limits, timeMs: Date.now() + aheadMs })),
  );
}

async function checked(engine: MemoryEngine, address = registry, more: Partial<DoctorContext> = {}) {
  const checks = await examine({
    ...CONTEXT,
    openEngines: async () => memoryEngines(engine),
    registry: address,
    ...more,
  });
  expect(engine.inventory().containers).toEqual([]);
  return new Map(checks.map(({ name, ...finding }) => [name, finding]));
}

describe('examine', () => {
  it('finds a machine that has all', async () => {
    const checks = await checked(limitsAre(engineWith()));
    expect([...checks.keys()]).toEqual([
      'versions',
      'engine',
      'kernel',
      'live snapshots',
      'memory',
      'disk',
      'limits',
      'networks',
      'clock',
      'images',
      'removed',
      'registry',
    ]);
    expect([...checks.values()].every(({ status, hint }) => status === 'ok' && hint === '')).toBe(true);
    expect(checks.get('live snapshots')?.detail).toBe('CRIU 4.2 dumps a process and puts it back');
    expect(checks.get('memory')?.detail).toBe('8.0 GB free of 16.0 GB, 4 CPUs');
    expect(checks.get('versions')?.detail).toMatch(/^bdsandbox 1\.2\.3, Node \d+\.\d+\.\d+, engine \d/);
    expect(checks.get('limits')?.detail).toBe(
      'open files of a container: 1048576, threads of a container: no limit, threads of the machine: 32768',
    );
    expect(checks.get('networks')?.detail).toBe('100 and more are free in 10.213.0.0/16');
    expect(checks.get('images')?.detail).toBe('up to date: tiny');
  });

  it('warns where snapshots are cold, memory or disk are short, and the registry is down', async () => {
    const poor = { able: false, reason: 'CRIU does not run here', memoryFreeBytes: 1e9, diskFreeBytes: 5e9 };
    const checks = await checked(engineWith(poor, { kernel: '5.4.0-42-generic' }), '127.0.0.1:1');
    expect([...checks].filter(([, { status }]) => status === 'warning').map(([name]) => name)).toEqual([
      'kernel',
      'live snapshots',
      'memory',
      'disk',
      'registry',
    ]);
    expect(checks.get('registry')?.hint).toBe('to share images and snapshots: bdsandbox registry up');
    expect(checks.get('live snapshots')?.detail).toBe('CRIU 4.2: CRIU does not run here');
  });

  it('fails when the disk is as good as full', async () => {
    expect((await checked(engineWith({ diskFreeBytes: 1e9 }))).get('disk')?.status).toBe('failed');
  });

  it('does not know without an image, and says how to find out', async () => {
    const checks = await checked(new MemoryEngine({ info: { kernel: '6.1.0' } }));
    expect(checks.get('live snapshots')).toMatchObject({
      status: 'warning',
      hint: 'build an image first: bdsandbox images build hadoop-hbase',
    });
    expect(checks.get('memory')?.status).toBe('ok');
  });

  it('goes on after a check that fails', async () => {
    const engine = engineWith().when('/usr/lib/bdsandbox/can-freeze', () => 127);
    const checks = await checked(engine);
    expect(checks.get('live snapshots')?.status).toBe('failed');
    expect(checks.get('registry')?.status).toBe('ok');
  });

  it('says once that no engine answers', async () => {
    const openEngines = () => Promise.reject(new EngineUnreachableError('no engine answers', 'start it'));
    expect(await examine({ ...CONTEXT, openEngines, registry })).toEqual([
      { name: 'versions', status: 'ok', detail: expect.stringContaining('bdsandbox 1.2.3, Node'), hint: '' },
      { name: 'engine', status: 'failed', detail: 'no engine answers', hint: 'start it' },
    ]);
  });

  it.each([
    [{ openFiles: 1024 }, 'open files of a container: 1024, below 10240', 'default-ulimits'],
    [{ tasks: 512 as never }, 'threads of a container: 512', 'TasksMax'],
    [{ machineTasks: 8192 }, 'threads of the machine', 'kernel.pid_max'],
    [{ inotifyInstances: 8 }, 'inotify instances: 8', 'fs.inotify.max_user_instances'],
    [{ inotifyWatches: 100 }, 'inotify watches: 100', 'fs.inotify.max_user_watches'],
    [{ overcommit: 2 }, 'vm.overcommit_memory is 2', 'vm.overcommit_memory=0'],
  ])('warns of the limit %j', async (limits, detail, hint) => {
    expect((await checked(limitsAre(engineWith(), limits))).get('limits')).toEqual({
      status: 'warning',
      detail: expect.stringContaining(detail),
      hint: expect.stringContaining(hint),
    });
  });

  it('says nothing of limits and clocks that an older image cannot tell', async () => {
    const checks = await checked(engineWith());
    expect(checks.get('limits')).toMatchObject({ status: 'ok', detail: expect.stringContaining('too old') });
    expect(checks.get('clock')).toMatchObject({ status: 'ok', detail: expect.stringContaining('unknown') });
  });

  it.each([
    [60_000, 'warning', /60 s ahead of/],
    [-5_000, 'warning', /[45] s behind/],
    [1_000, 'ok', /agree/],
  ])('a clock that is %i ms ahead', async (aheadMs, status, detail) => {
    const clock = (await checked(limitsAre(engineWith(), { aheadMs }))).get('clock');
    expect(clock).toMatchObject({ status, detail: expect.stringMatching(detail) });
  });

  it.each([
    ['10.213.0.0/26', [], 'warning', '2 are free in 10.213.0.0/26'],
    ['10.213.0.0/27', ['10.213.0.0/27'], 'failed', 'none is free'],
    ['10.213.0.0/24', ['10.213.0.0/27', '10.213.0.64/27'], 'ok', '6 are free'],
  ])('networks of %s beside %j', async (networkPool, subnets, status, detail) => {
    const engine = engineWith();
    for (const subnet of subnets) await engine.networks.create({ name: subnet, subnet, labels: {} });
    expect((await checked(engine, registry, { networkPool })).get('networks')).toMatchObject({
      status,
      detail: expect.stringContaining(detail),
    });
  });

  it.each(['20.10.24', '28.0.1'])('takes engine %s', async (version) => {
    expect((await checked(engineWith({}, { version }))).get('versions')?.status).toBe('ok');
  });

  it('knows Podman by its own versions, and says what it lacks', async () => {
    const of = async (version: string) =>
      (await checked(engineWith({}, { product: 'podman', version }))).get('versions');
    expect(await of('5.4.2')).toEqual({
      status: 'warning',
      detail: expect.stringMatching(/, podman 5\.4\.2: a registry without TLS/),
      hint: expect.stringContaining('registries.conf'),
    });
    expect((await of('6.0.0'))?.status).toBe('warning');
    expect(await of('5.3.9')).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('podman 5.3.9, older than 5.4'),
    });
  });

  it('says where Podman has its limits', async () => {
    const engine = limitsAre(engineWith({}, { product: 'podman' }), { tasks: 2048 as never });
    expect((await checked(engine)).get('limits')?.hint).toMatch(/pids_limit .*containers\.conf/);
  });

  it('refuses an engine that is too old', async () => {
    expect((await checked(engineWith({}, { version: '19.03.15' }))).get('versions')).toMatchObject({
      status: 'failed',
    });
  });

  it('warns of images that this version would make anew', async () => {
    const clusterImages = async () => [
      { template: 'tiny', reference: 'bdsandbox/tiny:2' },
      { template: 'other', reference: 'bdsandbox/other:1' },
    ];
    expect((await checked(engineWith(), registry, { clusterImages })).get('images')).toEqual({
      status: 'warning',
      detail: 'not as this version makes them: tiny',
      hint: 'the next create makes them anew, which takes minutes; now: bdsandbox images build tiny',
    });
  });

  it.each([
    [false, 'warning', 'bdsandbox registry login'],
    [true, 'ok', ''],
  ])('a registry that asks for a password; logged in: %s', async (isKnown, status, hint) => {
    const engine = engineWith();
    Object.assign(engine.images, { knowsLogin: async () => isKnown });
    const guarded = createServer((_, response) => response.writeHead(401).end());
    await new Promise<void>((resolve) => guarded.listen(0, '127.0.0.1', resolve));
    try {
      const address = `127.0.0.1:${(guarded.address() as AddressInfo).port}`;
      expect((await checked(engine, address)).get('registry')).toMatchObject({ status, hint });
    } finally {
      guarded.close();
    }
  });
});
