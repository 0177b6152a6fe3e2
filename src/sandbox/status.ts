import type { Engines } from '../engine/index.js';
import { SandboxError } from '../errors/index.js';
import { NodeAgent, type ServiceStatus } from '../node/index.js';
import type { LabelledService, NodeContainer, SandboxRecord } from './inventory.js';
import { unaskedService } from './inventory.js';
import type { NodeService, Sandbox, SandboxNode } from './model.js';
import type { ReadyServices } from './ready.js';
import { forAll } from './settle.js';

/** A sandbox with the state of every service, asked in each node now, and what its containers use. */
export async function inspectSandbox(engines: Engines, record: SandboxRecord): Promise<Sandbox> {
  const pairs = record.sandbox.nodes.map((node, index) => ({ node, container: record.containers[index] }));
  const nodes = await forAll(pairs, ({ node, container }) =>
    container ? inspectNode(engines, node, container) : Promise.resolve(node),
  );
  const degraded = record.sandbox.state === 'running' && nodes.some(({ state }) => state === 'degraded');
  return { ...record.sandbox, state: degraded ? 'degraded' : record.sandbox.state, nodes };
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

async function inspectNode(engines: Engines, node: SandboxNode, container: NodeContainer): Promise<SandboxNode> {
  if (container.summary.state !== 'running') {
    return { ...node, services: container.services.map((each) => unaskedService(each, `node ${node.state}`)) };
  }
  const agent = new NodeAgent(engines.on(container.host), container.summary.id);
  const [services, usage] = await Promise.all([
    askServices(agent, container),
    // Figures that cannot be had now are no reason to show nothing.
    agent.usage().catch(() => undefined),
  ]);
  return {
    ...node,
    state: services.every(({ state }) => state === 'ready') ? 'running' : 'degraded',
    services,
    cpuPercent: usage?.cpuPercent ?? null,
    memoryBytes: usage?.memoryBytes ?? null,
  };
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

function withComponents(planned: readonly LabelledService[], answers: readonly ServiceStatus[]): NodeService[] {
  const byName = new Map(answers.map((answer) => [answer.name, answer]));
  return planned.map((service) => {
    const answer = byName.get(service.name);
    return answer ? { ...answer, component: service.component } : unaskedService(service, 'not known to the node');
  });
}
