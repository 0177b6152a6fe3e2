import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/index.js';
import { ConflictError, FailedError } from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { type CreatedSandbox, destroySandboxes } from '../../../src/sandbox/index.js';
import {
  createCluster,
  findSnapshot,
  findSnapshots,
  listSnapshots,
  pruneGoldens,
  removeSnapshot,
  warmCluster,
} from '../../../src/snapshot/index.js';
import { recipe, request } from '../sandbox/fixture.js';
import { contextOf, failureOf, newEngine, plan, recordOf, type Scene, take } from './fixture.js';

type Request = Parameters<typeof createCluster>[1];

function create(
  engine: Scene['engine'],
  more: Partial<Request> = {},
  events: FlowEvent[] = [],
): Promise<CreatedSandbox> {
  const context = contextOf(engine, { report: (event) => events.push(event) });
  return createCluster(context, { ...request({ plan: plan() }), cold: false, trustsGoldens: false, ...more });
}

function warnings(events: readonly FlowEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event.message] : []));
}

async function goldens(engine: Engine): Promise<string[]> {
  return (await findSnapshots(engine)).map(({ name }) => name);
}

describe('createCluster', () => {
  test('starts cold where there is no golden, and makes its fresh cluster one', async () => {
    const { engine, nodes } = newEngine();
    const first = await create(engine, { name: 'one' });
    expect(first.startedFrom).toBe('cold');
    const [golden = ''] = await goldens(engine);
    expect(golden).toMatch(/^golden-[0-9a-f]{12}$/);
    expect(await findSnapshot(engine, golden)).toMatchObject({ mode: 'live', evidence: null, parent: null });
    nodes.expectFree();
  });

  test('tells of that as one step, which does not fail where another create makes the same', async () => {
    const { engine } = newEngine();
    const events: FlowEvent[] = [];
    await Promise.all([create(engine, { name: 'one' }, events), create(engine, { name: 'two' }, events)]);
    expect(await goldens(engine)).toHaveLength(1);
    const titles = events.flatMap((event) => (event.type === 'flow' ? event.steps.map(({ title }) => title) : []));
    expect(titles.filter((title) => title === 'Saving a fast start for next time')).toHaveLength(2);
    expect(titles).not.toContain('Freeze');
    expect(events.filter(({ type }) => type === 'step-failed')).toEqual([]);
    expect(warnings(events)).toEqual([]);
  });

  test('begins with the golden afterwards: a cluster with nothing of the first to be seen', async () => {
    const { engine, nodes } = newEngine();
    await create(engine, { name: 'one' });
    const second = await create(engine, { name: 'two' });
    expect(second).toMatchObject({
      name: 'two',
      startedFrom: 'golden',
      parentSnapshot: null,
      state: 'running',
    });
    await nodes.expectFreeSoon();
    expect(nodes.pasts).toEqual(['anew', 'anew']);
    expect(await goldens(engine)).toHaveLength(1);
    const own = await take(engine, { of: 'two' });
    expect(own.parent).toBeNull();
  });

  test.each<[string, Partial<Request>]>([
    ['another plan', { plan: { ...plan(), digest: 'other' } }],
    ['another number of nodes', { plan: { ...plan(3), digest: 'three' } }],
  ])('%s takes the cold way, and gets a golden of its own', async (_, more) => {
    const { engine } = newEngine();
    await create(engine, { name: 'one' });
    expect((await create(engine, { name: 'two', ...more })).startedFrom).toBe('cold');
    expect(await goldens(engine)).toHaveLength(2);
    expect((await create(engine, { name: 'three', ...more })).startedFrom).toBe('golden');
  });

  test('cold neither uses nor makes one', async () => {
    const { engine } = newEngine();
    await create(engine, { name: 'one', cold: true });
    expect(await goldens(engine)).toEqual([]);
    await create(engine, { name: 'two' });
    expect((await create(engine, { name: 'three', cold: true })).startedFrom).toBe('cold');
  });

  test('starts every service where the memory cannot be put back, and says so', async () => {
    const { engine, nodes } = newEngine();
    await create(engine, { name: 'one' });
    nodes.failure = { node: 'node2', phase: 'thaw', reason: 'CRIU: no' };
    const events: FlowEvent[] = [];
    expect(await create(engine, { name: 'two' }, events)).toMatchObject({ name: 'two', startedFrom: 'cold' });
    expect(warnings(events)).toEqual([expect.stringContaining('CRIU: no')]);
  });

  test('starts every service where the golden cannot be read, and says so', async () => {
    const { engine } = newEngine();
    await create(engine, { name: 'one' });
    const [golden = ''] = await goldens(engine);
    const image = await engine.images.inspect(`bdsandbox/snapshot:${golden}`);
    engine.addImage(`bdsandbox/snapshot:${golden}`, {
      labels: { ...image?.labels, 'bdsandbox.snapshot.manifest': '{"schemaVersion":2}' },
    });
    const events: FlowEvent[] = [];
    expect(await create(engine, { name: 'two' }, events)).toMatchObject({ name: 'two', startedFrom: 'cold' });
    expect(warnings(events)).toEqual([expect.stringContaining('this bdsandbox reads version 1')]);
  });

  test('is a cluster all the same when no golden can be made of it', async () => {
    const { engine, nodes } = newEngine();
    nodes.failure = { node: 'node2', phase: 'dump' };
    const events: FlowEvent[] = [];
    expect(await create(engine, { name: 'one' }, events)).toMatchObject({ name: 'one', state: 'running' });
    expect(warnings(events)).toEqual([expect.stringContaining('the next create starts every service too')]);
    expect(await goldens(engine)).toEqual([]);
    nodes.expectFree();
  });

  test('refuses a name that is taken, before the image is got', async () => {
    const { engine } = newEngine();
    await create(engine, { name: 'one' });
    const events: FlowEvent[] = [];
    const image = { ...request({ plan: plan() }).image, reference: 'bdsandbox/tiny:2' };
    expect(await failureOf(create(engine, { name: 'one', image }, events))).toBeInstanceOf(ConflictError);
    expect(events).toEqual([]);
  });
});

describe('the time of a create', () => {
  const TAKES_MS = 60;

  test('has that of its image, which is got before anything of the sandbox begins', async () => {
    const image = { ...recipe, reference: 'bdsandbox/tiny:2' };
    const { engine } = newEngine();
    await engine.images.tag(recipe.reference, `127.0.0.1:5000/${image.reference}`);
    await engine.images.push(`127.0.0.1:5000/${image.reference}`, {});
    engine.beforeCall = async ({ name }) => {
      if (name === 'images.pull') await sleep(TAKES_MS);
    };
    const { timings } = await create(engine, { name: 'one', image });
    expect(timings['image']).toBeGreaterThanOrEqual(TAKES_MS - 1);
    expect(timings['total']).toBeGreaterThanOrEqual(TAKES_MS - 1);
    expect(Object.keys(timings)).toEqual(['image', 'network', 'nodes', 'services', 'total']);
  });

  test('has that of a golden that cannot be restored', async () => {
    const { engine, nodes } = newEngine();
    await create(engine, { name: 'one' });
    nodes.atPhase = (phase) => (phase === 'thaw' ? sleep(TAKES_MS) : undefined);
    nodes.failure = { node: 'node2', phase: 'thaw', reason: 'CRIU: no' };
    const { startedFrom, timings } = await create(engine, { name: 'two' });
    expect(startedFrom).toBe('cold');
    expect(timings['total']).toBeGreaterThanOrEqual(TAKES_MS - 1);
  });

  test('ends when the sandbox is ready, and not with the golden that is made of it', async () => {
    const { engine, nodes } = newEngine();
    nodes.atPhase = (phase) => (phase === 'dump' ? sleep(10 * TAKES_MS) : undefined);
    expect((await create(engine, { name: 'one' })).timings['total']).toBeLessThan(10 * TAKES_MS);
    expect(await goldens(engine)).toHaveLength(1);
  });
});

describe('a golden', () => {
  test('is listed only where everybody’s are', async () => {
    const { engine } = newEngine();
    await create(engine, { name: 'one' });
    expect((await listSnapshots(engine, 'ann')).snapshots).toEqual([]);
    expect((await listSnapshots(engine)).snapshots).toHaveLength(1);
  });

  test('stays while a sandbox stands on it, and goes with its memory afterwards', async () => {
    const { engine } = newEngine();
    const { engines } = contextOf(engine);
    await create(engine, { name: 'one' });
    await create(engine, { name: 'two' });
    const [golden = ''] = await goldens(engine);
    const snapshot = await findSnapshot(engine, golden);
    expect(await failureOf(removeSnapshot(engines, snapshot))).toBeInstanceOf(ConflictError);
    await destroySandboxes(engines, [await recordOf(engine, 'one'), await recordOf(engine, 'two')], () => undefined);
    await removeSnapshot(engines, snapshot);
    expect(await engine.volumes.list({})).toEqual([]);
  });
});

describe('pruneGoldens', () => {
  test('removes those whose image is gone, when nothing stands on them any more', async () => {
    const { engine } = newEngine();
    const { engines } = contextOf(engine);
    await create(engine, { name: 'one' });
    await create(engine, { name: 'two' });
    expect(await pruneGoldens(engines)).toEqual([]);
    await destroySandboxes(engines, [await recordOf(engine, 'one')], () => undefined);
    const { image } = request({ plan: plan() });
    await engine.images.remove(image.reference);
    expect(await pruneGoldens(engines)).toEqual([]);
    await destroySandboxes(engines, [await recordOf(engine, 'two')], () => undefined);
    expect(await pruneGoldens(engines)).toEqual([expect.stringMatching(/^golden-/)]);
    expect(engine.inventory()).toMatchObject({ containers: [], networks: [], volumes: [] });
  });
});

describe('warmCluster', () => {
  test('leaves a golden and no sandbox, and does nothing the second time', async () => {
    const { engine } = newEngine();
    const wanted = { ...request({ plan: plan() }), trustsGoldens: false, push: false };
    const warmed = await warmCluster(contextOf(engine), wanted);
    expect(warmed).toMatchObject({ origin: 'made', pushed: false });
    expect(engine.inventory().containers).toEqual([]);
    expect(await warmCluster(contextOf(engine), wanted)).toEqual({ ...warmed, origin: 'engine' });
    expect((await create(engine, { name: 'one' })).startedFrom).toBe('golden');
  });

  test('fails where no golden can be made, and leaves nothing', async () => {
    const { engine, nodes } = newEngine();
    nodes.unable = { reason: 'no CRIU' };
    const wanted = { ...request({ plan: plan() }), trustsGoldens: false, push: false };
    expect(await failureOf(warmCluster(contextOf(engine), wanted))).toBeInstanceOf(FailedError);
    expect(engine.inventory().containers).toEqual([]);
  });
});
