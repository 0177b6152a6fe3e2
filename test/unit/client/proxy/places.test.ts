import { describe, expect, test } from 'vitest';
import { placesOf } from '../../../../src/client/proxy/places.js';
import type { OpenWay } from '../../../../src/client/way.js';
import { createSandbox, destroySandboxes, findSandbox } from '../../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../../sandbox/fixture.js';

const DIRECT: OpenWay = { hosts: [], clientAddress: '', isTunnel: false, close: () => undefined };
const TUNNEL: OpenWay = {
  ...DIRECT,
  isTunnel: true,
  hosts: [1, 2].map((n) => ({ name: '', address: `127.20.1.${n}` })),
};

async function scene(way: OpenWay) {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(2) }));
  const { engines } = contextOf(engine);
  const record = await findSandbox(engines, 'demo', 'ann');
  const clock = { now: 0 };
  return { engine, engines, record, clock, locate: placesOf(engines, record, way, () => clock.now) };
}

describe('names and addresses of a sandbox', () => {
  test.each([
    ['directly', DIRECT, '10.213.0.3'],
    ['through the engine', TUNNEL, '127.20.1.2'],
  ])('lead %s to its nodes, as people write them', async (_how, way, address) => {
    const { locate } = await scene(way);
    const found = await Promise.all(['node2', 'Node2', 'node2.', '10.255.0.2'].map(locate));
    expect(new Set(found)).toEqual(new Set([address]));
  });

  test.each(['node3', 'localhost', '127.0.0.1', '10.255.0.3', '10.213.0.2', '', 'node2.example.com'])(
    '%j is none of them',
    async (host) => {
      const { locate } = await scene(DIRECT);
      const message = `${host} is no node of demo; this proxy leads to node1, node2 alone`;
      await expect(locate(host)).rejects.toMatchObject({ reason: 'elsewhere', message });
    },
  );

  test('are asked for again, for a node may have stopped, and a sandbox be gone', async () => {
    const { engine, engines, record, clock, locate } = await scene(DIRECT);
    await locate('node1');
    await engine.containers.stop('bds.demo.node2', { graceMs: 0 });
    expect(await locate('node2')).toBe('10.213.0.3');
    clock.now = 1001;
    await expect(locate('node2')).rejects.toMatchObject({
      reason: 'down',
      message: expect.stringContaining('node2 of demo is stopped'),
    });
    expect(await locate('node1')).toBe('10.213.0.2');
    await destroySandboxes(engines, [record], () => undefined);
    await createSandbox(contextOf(engine), request({ plan: tinyPlan(2) }));
    clock.now = 2002;
    await expect(locate('node1')).rejects.toMatchObject({ reason: 'down', message: 'node1 of demo is gone' });
  });
});
