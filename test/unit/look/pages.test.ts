import { describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { choosePage, findForOpen, pagesOf, publishedPortsOf } from '../../../src/look/index.js';
import type { Plan, PlannedPort } from '../../../src/plan/index.js';
import { createSandbox, findSandbox, type SandboxRecord } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';

/** node1: front with two pages, quiet without any; node1 and node2: store with a page each; hidden is not published. */
const PLAN = planOf([
  {
    front: [port('admin', 81, true), port('web', 80, true), port('rpc', 82, true, 'tcp')],
    quiet: [port('rpc', 90, true, 'tcp')],
    store: [port('page', 70, true)],
    hidden: [port('web', 60, false)],
  },
  { store: [port('page', 70, true)], twins: [port('one', 50, true), port('two', 51, true)] },
]);

async function engineWith(...names: readonly (readonly [string, string])[]): Promise<MemoryEngine> {
  const engine = tinyEngine();
  for (const [name, owner] of names) await createSandbox(contextOf(engine), request({ name, owner, plan: PLAN }));
  return engine;
}

async function demo(): Promise<{ engine: MemoryEngine; record: SandboxRecord }> {
  const engine = await engineWith(['demo', 'ann']);
  return { engine, record: await findSandbox(contextOf(engine).engines, 'demo', 'ann') };
}

describe('publishedPortsOf', () => {
  test('tells every published port, and asks no node', async () => {
    const { engine, record } = await demo();
    const calls = engine.callCount;
    const ports = await publishedPortsOf(record, { services: [] });
    expect(ports.map(({ node, service, name, container }) => `${node} ${service} ${name} ${container}`)).toEqual([
      'node1 front admin 81',
      'node1 front web 80',
      'node1 front rpc 82',
      'node1 quiet rpc 90',
      'node1 store page 70',
      'node2 store page 70',
      'node2 twins one 50',
      'node2 twins two 51',
    ]);
    expect(ports[2]).toMatchObject({ host: expect.stringMatching(/^127\.0\.0\.1:\d+$/), url: null });
    expect(engine.callCount).toBe(calls);
  });

  test.each([
    [{ node: 'node2', services: [] }, 3],
    [{ services: ['store'] }, 2],
    [{ node: 'node2', services: ['store'] }, 1],
    [{ services: ['hidden'] }, 0],
  ])('of %j alone', async (wanted, count) => {
    expect(await publishedPortsOf((await demo()).record, wanted)).toHaveLength(count);
  });

  test('a wrong name is told', async () => {
    const { record } = await demo();
    await expect(publishedPortsOf(record, { services: ['stroe'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'demo has no service stroe; did you mean "store"?',
    });
  });
});

describe('choosePage', () => {
  test.each([
    ['the page called web', { service: 'front' }, 'node1 front web'],
    ['a page by its name', { service: 'front', port: 'admin' }, 'node1 front admin'],
    ['the page of a node', { service: 'store', node: 'node2' }, 'node2 store page'],
  ])('%s', async (_, wanted, expected) => {
    const { node, service, name, url } = await choosePage((await demo()).record, wanted);
    expect(`${node} ${service} ${name}`).toBe(expected);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  test.each([
    [{ service: 'quiet' }, 'NOT_FOUND', 'quiet has no web page', 'bdsandbox open demo'],
    [{ service: 'front', port: 'rpc' }, 'NOT_FOUND', 'front:rpc is no web page', 'bdsandbox open demo'],
    [{ service: 'front', port: 'wbe' }, 'NOT_FOUND', 'front has no port wbe; did you mean "web"?', 'admin, web, rpc'],
    [{ service: 'frnt' }, 'NOT_FOUND', 'demo has no service frnt; did you mean "front"?', 'its services are'],
    [{ service: 'front', node: 'master' }, 'NOT_FOUND', 'demo has no node master', 'node1, node2'],
    [{ service: 'hidden' }, 'NOT_FOUND', 'the web page of hidden is not published on this host', '--publish hidden'],
    [{ service: 'store' }, 'USAGE', 'store has pages on 2 nodes: node1, node2', 'bdsandbox open demo/node1 store'],
    [{ service: 'twins' }, 'USAGE', 'twins has 2 pages: one, two', 'bdsandbox open demo twins:one'],
  ])('%j is refused', async (wanted, code, message, hint) => {
    await expect(choosePage((await demo()).record, wanted)).rejects.toMatchObject({
      code,
      message,
      hint: expect.stringContaining(hint),
    });
  });

  test('a node that is stopped has no page', async () => {
    const { engine } = await demo();
    await engine.containers.stop('bds.demo', { graceMs: 0 });
    const record = await findSandbox(contextOf(engine).engines, 'demo', 'ann');
    await expect(choosePage(record, { service: 'front' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'node node1 of demo is stopped',
    });
    expect(await pagesOf(record)).toHaveLength(3);
    expect(await pagesOf(record, 'node1')).toEqual([]);
  });
});

describe('findForOpen', () => {
  type Words = Parameters<typeof findForOpen>[1];

  async function found(engine: MemoryEngine, words: Words, sandbox?: string): Promise<string> {
    const {
      record,
      node,
      service,
      port: name,
    } = await findForOpen(contextOf(engine).engines, words, {
      sandbox,
      owner: 'ann',
    });
    return [record.sandbox.name, node ?? '-', service ?? '-', name ?? '-'].join(' ');
  }

  test.each<[Words, string]>([
    [{}, 'demo - - -'],
    [{ first: 'demo' }, 'demo - - -'],
    [{ first: 'front' }, 'demo - front -'],
    [{ first: 'front:web' }, 'demo - front web'],
    [{ first: 'demo', second: 'front:web' }, 'demo - front web'],
    [{ first: 'demo/node2' }, 'demo node2 - -'],
    [{ first: 'demo/node2', second: 'store' }, 'demo node2 store -'],
    [{ first: 'demo/node2/store' }, 'demo node2 store -'],
    [{ first: 'demo/node2/store:page' }, 'demo node2 store page'],
    [{ first: 'store', second: 'front' }, 'store - front -'],
  ])('%j, with one sandbox', async (words, expected) => {
    const engine = await engineWith(['demo', 'ann'], ['store', 'bob']);
    expect(await found(engine, words)).toBe(expected);
  });

  test('a name of a sandbox wins over a service', async () => {
    expect(await found(await engineWith(['store', 'bob'], ['demo', 'ann']), { first: 'store' })).toBe('store - - -');
  });

  test('the one that is set, of several', async () => {
    const engine = await engineWith(['demo', 'ann'], ['other', 'ann']);
    expect(await found(engine, { first: 'front' }, 'other')).toBe('other - front -');
    await expect(found(engine, { first: 'front' })).rejects.toMatchObject({ message: 'there is no sandbox front' });
    await expect(found(engine, { first: 'front:web' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  test.each<[Words, string]>([
    [{ first: 'nothing' }, 'there is no sandbox nothing'],
    [{ first: 'demo', second: ':web' }, '":web" is not SERVICE or SERVICE:PORTNAME'],
    [{ first: 'demo', second: 'front:' }, '"front:" is not SERVICE or SERVICE:PORTNAME'],
    [{ first: 'demo', second: 'a:b:c' }, '"a:b:c" is not SERVICE or SERVICE:PORTNAME'],
    [{ first: 'demo/node1/front', second: 'store' }, 'the service is named twice'],
    [{ first: 'demo/' }, '"demo/" is not SANDBOX, SANDBOX/NODE or SANDBOX/NODE/SERVICE'],
  ])('%j is refused', async (words, message) => {
    await expect(found(await engineWith(['demo', 'ann']), words)).rejects.toMatchObject({ message });
  });
});

function port(name: string, number: number, publish: boolean, protocol: 'http' | 'tcp' = 'http'): PlannedPort {
  return { name, port: number, protocol, publish, path: '/' };
}

function planOf(nodes: readonly Readonly<Record<string, PlannedPort[]>>[]): Plan {
  const plan = tinyPlan(nodes.length);
  return {
    ...plan,
    nodes: plan.nodes.map((node, index) => ({
      ...node,
      services: Object.entries(nodes[index] ?? {}).map(([name, ports]) => ({
        name,
        component: 'tiny',
        log: `/var/log/bdsandbox/${name}.log`,
        hint: '',
        ports,
      })),
    })),
  };
}
