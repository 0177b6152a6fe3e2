import type { Engines } from '../engine/index.js';
import { SandboxError } from '../errors/index.js';
import { NodeAgent, type NodeUsage, type ServiceStatus } from '../node/index.js';
import { addUp } from './figures.js';
import type { LabelledService, NodeContainer, SandboxRecord } from './inventory.js';
import { asComplete, unaskedService } from './inventory.js';
import type { NodeService, Sandbox, SandboxNode, SandboxStatus } from './model.js';
import type { ReadyServices } from './ready.js';
import { forAll } from './settle.js';

/** A sandbox with the state of every service, asked in each node now, and what its containers use. */
export async function inspectSandbox(engines: Engines, record: SandboxRecord): Promise<Sandbox> {
  const { machines: _, figures: __, ...sandbox } = await inspectWithFigures(engines, record);
  return sandbox;
}

/** The same with figures of its machines and services. */
export async function inspectWithFigures(engines: Engines, record: SandboxRecord): Promise<SandboxStatus> {
  return statusOf(
    record,
    await forAll(record.containers, async (container): Promise<SeenNode> => {
      const { state, id } = container.summary;
      if (state !== 'running') return {};
      const agent = new NodeAgent(engines.on(container.host), id);
      // Figures that cannot be had now, or not of an older image, are no reason to show nothing.
      const usage = await agent.sight().catch(() => undefined);
      const services = usage ? withComponents(container.services, usage.services) : await askServices(agent, container);
      return { services, usage };
    }),
  );
}

/** What a node said; nothing when it does not run. */
export interface SeenNode {
  readonly services?: readonly NodeService[];
  readonly usage?: NodeUsage | undefined;
}

/** @param seen in the order of the containers */
export function statusOf(record: SandboxRecord, seen: readonly SeenNode[]): SandboxStatus {
  const { sandbox, containers } = record;
  const nodes = sandbox.nodes.map((node, index): SandboxNode => {
    const { services, usage } = seen[index] ?? {};
    const planned = containers[index]?.services ?? [];
    if (!services) return { ...node, services: planned.map((each) => unaskedService(each, `node ${node.state}`)) };
    return {
      ...node,
      state: services.every(({ state }) => state === 'ready') ? 'running' : 'degraded',
      services,
      cpuPercent: usage?.cpuPercent ?? null,
      memoryBytes: usage?.memoryBytes ?? null,
    };
  });
  // What the services say now is newer than the engine's health check.
  const isUp = sandbox.state === 'running' || sandbox.state === 'degraded';
  const machines = new Map(
    seen.flatMap(({ usage }, index) => {
      const host = containers[index]?.host ?? '';
      return usage?.machine ? [[host, { host, ...usage.machine }] as const] : [];
    }),
  );
  return {
    ...sandbox,
    state: isUp ? asComplete({ ...record, sandbox: { ...sandbox, nodes } }).sandbox.state : sandbox.state,
    nodes,
    machines: [...machines.values()],
    figures: addUp(seen.flatMap(({ usage }) => usage?.figures ?? [])),
  };
}

/** A sandbox whose services have just been waited for. What its containers use is not known yet. */
export function sandboxWith(record: SandboxRecord, ready: ReadyServices): Sandbox {
  const nodes = record.sandbox.nodes.map((node, index) => ({
    ...node,
    services: withComponents(record.containers[index]?.services ?? [], ready.get(node.name) ?? []),
  }));
  return { ...record.sandbox, nodes };
}

/** Of one node, asked now; no figures. */
export async function inspectServices(engines: Engines, container: NodeContainer): Promise<NodeService[]> {
  const { state } = container.summary;
  if (state !== 'running') return container.services.map((each) => unaskedService(each, `node ${state}`));
  return askServices(new NodeAgent(engines.on(container.host), container.summary.id), container);
}

/** A node whose agent cannot answer is a finding of `status`, not a failure of it. */
async function askServices(agent: NodeAgent, container: NodeContainer): Promise<NodeService[]> {
  try {
    return withComponents(container.services, await agent.services());
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return container.services.map((each) => ({ ...unaskedService(each, error.message), state: 'failed' }));
  }
}

/** The services that the plan put on a node, as the node says they are. */
export function withComponents(planned: readonly LabelledService[], answers: readonly ServiceStatus[]): NodeService[] {
  const byName = new Map(answers.map((answer) => [answer.name, answer]));
  return planned.map((service) => {
    const answer = byName.get(service.name);
    return answer ? { ...answer, component: service.component } : unaskedService(service, 'not known to the node');
  });
}
