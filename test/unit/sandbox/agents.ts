import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import type { Plan } from '../../../src/plan/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { AGENT, contextOf, request, tinyEngine, tinyPlan } from './fixture.js';

/** Services that depend on each other, on three nodes: name, stop order, nodes. */
const SERVICES = [
  ['store', 0, [1, 2, 3]],
  ['names', 0, [1]],
  ['table', 1, [2, 3]],
  ['master', 2, [1]],
] as const;

/** What each service of each node is, as NODE/SERVICE, and what the agents were told, in order. */
export interface Cluster {
  readonly engine: MemoryEngine;
  readonly states: Map<string, 'starting' | 'ready' | 'stopped' | 'failed'>;
  readonly told: string[];
}

function clusterPlan(): Plan {
  const plan = tinyPlan();
  const content = { startOrder: ['names', 'store', 'table', 'master'], readyTimeoutMs: 5000 };
  const planned = {
    ...plan,
    ...content,
    nodes: plan.nodes.map((node) => ({
      ...node,
      services: SERVICES.filter(([, , nodes]) => nodes.some((index) => index === node.index)).map(([name]) => ({
        name,
        component: 'tiny',
        log: `/var/log/${name}.log`,
        hint: `look at ${name}`,
        ports:
          name === 'names' ? [{ name: 'web', port: 8080, protocol: 'http' as const, publish: true, path: '/' }] : [],
      })),
    })),
  };
  const files = [{ path: '/etc/bdsandbox/plan.json', content: JSON.stringify(planned), mode: 0o644 }];
  return { ...planned, nodes: planned.nodes.map((node) => ({ ...node, files })) };
}

/** A sandbox `demo` of three nodes whose agents do what they are told at once. */
export async function cluster(names: readonly string[] = ['demo']): Promise<Cluster> {
  const engine = tinyEngine();
  const plan = clusterPlan();
  const states: Cluster['states'] = new Map();
  const told: string[] = [];
  const servicesOf = (node: string): string[] =>
    plan.nodes.find(({ name }) => name === node)?.services.map(({ name }) => name) ?? [];
  const stateOf = (node: string, service: string) => states.get(`${node}/${service}`) ?? 'ready';
  const line = (node: string, name: string): string =>
    JSON.stringify({ name, state: stateOf(node, name), pid: 7, since: null, detail: `so is ${name}` });
  const nodeOf = (labels: Readonly<Record<string, string>>): string => labels['bdsandbox.node'] ?? '';

  engine
    .when('/init', ({ container: { labels }, killed }) => {
      // A node that starts knows nothing of what was stopped.
      for (const name of servicesOf(nodeOf(labels))) {
        const place = `${nodeOf(labels)}/${name}`;
        if (states.get(place) === 'stopped') states.set(place, 'starting');
      }
      return new Promise((resolve) => killed.addEventListener('abort', () => resolve()));
    })
    .when([AGENT, 'services'], async ({ container: { labels }, stdout }) => {
      const node = nodeOf(labels);
      await stdout(`[${servicesOf(node).map((name) => line(node, name))}]`);
    })
    .when([AGENT, 'orders'], async ({ container: { labels }, stdout }) => {
      for (const name of servicesOf(nodeOf(labels))) {
        await stdout(`${name} ${SERVICES.find(([service]) => service === name)?.[1]}\n`);
      }
    })
    .when([AGENT, 'wait'], async ({ command, container: { labels }, stdout }) => {
      const node = nodeOf(labels);
      const only = command.slice(3);
      if (only.length > 0) told.push(`${node} wait ${only.join(' ')}`);
      const names = only.length > 0 ? only : servicesOf(node);
      for (const name of names) {
        if (stateOf(node, name) === 'starting') states.set(`${node}/${name}`, 'ready');
        await stdout(`${line(node, name)}\n`);
      }
      return names.some((name) => stateOf(node, name) === 'failed') ? 1 : 0;
    });
  for (const [action, state] of [
    ['start', 'starting'],
    ['stop', 'stopped'],
  ] as const) {
    engine.when([AGENT, action], async ({ command, container: { labels } }) => {
      const node = nodeOf(labels);
      const names = command.slice(2);
      told.push(`${node} ${action} ${names.join(' ')}`);
      for (const name of names) states.set(`${node}/${name}`, state);
    });
  }
  for (const name of names) await createSandbox(contextOf(engine), request({ name, plan }));
  return { engine, states, told };
}
