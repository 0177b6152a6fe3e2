import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors/index.js';
import type { Plan, PlannedPort } from '../../../src/plan/index.js';
import { publishedPorts } from '../../../src/sandbox/publish.js';
import { tinyPlan } from './fixture.js';

/** node1: web with page (80, published by its template) and admin (81); both nodes: store with rpc (90) and data (91). */
const plan = planOf([
  { web: [port('page', 80, true), port('admin', 81)], store: [port('rpc', 90), port('data', 91)] },
  { store: [port('rpc', 90), port('data', 91)], bare: [] },
]);

describe('publishedPorts', () => {
  test.each<[string, string[], string[], string[]]>([
    ['nothing wished', [], ['80'], []],
    ['a service: all of its ports on every node', ['store'], ['80', '90', '91'], ['90', '91']],
    ['a service that has no port', ['bare'], ['80'], []],
    ['what is published already', ['web.page'], ['80'], []],
    ['one port by name', ['web.admin'], ['80', '81'], []],
    ['one port by name, on every node', ['store.data'], ['80', '91'], ['91']],
    ['SERVICE=PORT with the number of a port of its own', ['web=81'], ['80', '81=81'], []],
    ['SERVICE=PORT with another number: its first port', ['web=8080'], ['80=8080'], []],
    ['SERVICE.NAME=PORT', ['web.admin=8081'], ['80', '81=8081'], []],
    ['SERVICE.NAME=PORT with the number of another port of its own', ['web.admin=80'], ['80', '81=80'], []],
    ['a fixed port and the rest', ['web', 'web.admin=8081'], ['80', '81=8081'], []],
    ['the rest and a fixed port', ['web.admin=8081', 'web'], ['80', '81=8081'], []],
    ['the highest number', ['web=65535'], ['80=65535'], []],
  ])('%s', (_, services, node1, node2) => {
    const ports = publishedPorts(plan, { address: '127.0.0.1', services });
    expect([...ports.keys()]).toEqual(['node1', 'node2']);
    const asText = (node: string): string[] =>
      (ports.get(node) ?? []).map(({ containerPort, hostPort }) =>
        hostPort === 0 ? String(containerPort) : `${containerPort}=${hostPort}`,
      );
    expect([asText('node1'), asText('node2')]).toEqual([node1, node2]);
  });

  test('listens on the address that is asked for', () => {
    const ports = publishedPorts(plan, { address: '0.0.0.0', services: ['store'] });
    expect(new Set([...ports.values()].flat().map(({ hostAddress }) => hostAddress))).toEqual(new Set(['0.0.0.0']));
  });

  test.each([
    ['', 'is not SERVICE'],
    ['Web', 'is not SERVICE'],
    ['web=', 'is not SERVICE'],
    ['web=0', 'is not SERVICE'],
    ['web=65536', 'is not SERVICE'],
    ['web=123456', 'is not SERVICE'],
    ['web=-1', 'is not SERVICE'],
    ['web:80', 'is not SERVICE'],
    ['web.=80', 'is not SERVICE'],
    ['web.page.more', 'is not SERVICE'],
    ['nothing', 'there is no service nothing'],
    ['nothing.page=80', 'there is no service nothing'],
    ['web.rpc', 'web has no port rpc'],
    ['store=90', 'store runs on 2 nodes'],
    ['store.rpc=90', 'store runs on 2 nodes'],
  ])('refuses %j', (wish, message) => {
    const wishes = (): unknown => publishedPorts(plan, { address: '127.0.0.1', services: ['web', wish] });
    expect(wishes).toThrow(UsageError);
    expect(wishes).toThrow(message);
  });

  test('names the services and ports there are', () => {
    expect(() => publishedPorts(plan, { address: '', services: ['wbe'] })).toThrow(
      expect.objectContaining({ hint: 'its services are: web, store, bare' }),
    );
    expect(() => publishedPorts(plan, { address: '', services: ['web.pgae'] })).toThrow(
      expect.objectContaining({ hint: 'its ports are: page, admin' }),
    );
  });
});

function port(name: string, number: number, publish = false): PlannedPort {
  return { name, port: number, protocol: 'tcp', publish, path: '' };
}

function planOf(nodes: readonly Readonly<Record<string, readonly PlannedPort[]>>[]): Plan {
  const base = tinyPlan(nodes.length);
  return {
    ...base,
    nodes: base.nodes.map((node, index) => ({
      ...node,
      services: Object.entries(nodes[index] ?? {}).map(([name, ports]) => ({
        name,
        ports,
        component: 'tiny',
        log: '',
        hint: '',
      })),
    })),
  };
}
