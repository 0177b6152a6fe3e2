import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../../../src/doctor/index.js';
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
    .addImage('bdsandbox/tiny:1', { labels: { 'bdsandbox.image': 'cluster' } })
    .when('sleep', ({ killed }) => new Promise((resolve) => killed.addEventListener('abort', () => resolve())))
    .when('/usr/lib/bdsandbox/can-freeze', async ({ stdout }) => {
      await stdout(`${JSON.stringify({ ...PLATFORM, ...platform })}\n`);
    });
}

async function checked(engine: MemoryEngine, address = registry) {
  const checks = await examine({ openEngines: async () => memoryEngines(engine), registry: address });
  expect(engine.inventory().containers).toEqual([]);
  return new Map(checks.map(({ name, ...finding }) => [name, finding]));
}

describe('examine', () => {
  it('finds a machine that has all', async () => {
    const checks = await checked(engineWith());
    expect([...checks.keys()]).toEqual(['engine', 'kernel', 'live snapshots', 'memory', 'disk', 'registry']);
    expect([...checks.values()].every(({ status, hint }) => status === 'ok' && hint === '')).toBe(true);
    expect(checks.get('live snapshots')?.detail).toBe('CRIU 4.2 dumps a process and puts it back');
    expect(checks.get('memory')?.detail).toBe('8.0 GB free of 16.0 GB, 4 CPUs');
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
    expect(await examine({ openEngines, registry })).toEqual([
      { name: 'engine', status: 'failed', detail: 'no engine answers', hint: 'start it' },
    ]);
  });
});
