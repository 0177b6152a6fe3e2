import type { ContainerSpec, Engines, Labels, PortRequest } from '../engine/index.js';
import { ConflictError, UsageError } from '../errors/index.js';
import type { Plan, PlannedNode } from '../plan/index.js';
import { containerName, LABELS } from './labels.js';
import { type PublishRequest, publishedPorts } from './publish.js';
import type { StartedNode } from './ready.js';
import { forAll } from './settle.js';
import { nodeAddress, type Subnet } from './subnet.js';

export interface NodesRequest {
  readonly sandbox: string;
  readonly plan: Plan;
  readonly image: string;
  readonly labels: Labels;
  readonly network: string;
  readonly subnet: Subnet;
  readonly publish: PublishRequest;
  readonly signal?: AbortSignal | undefined;
  readonly onClaimLost: () => ConflictError;
}

/**
 * What CRIU inside the node needs (live-snapshot recipe): SYS_TIME because a restore sets the clock of a time
 * namespace, NET_ADMIN and NET_RAW for routes, fence and TCP repair. Never --privileged.
 */
const CAPABILITIES = ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME', 'SETPCAP', 'SYS_CHROOT'];

/** The containers of all nodes with their files, not started. Node 1 comes first, since its name is the claim. */
export async function createNodes(engines: Engines, request: NodesRequest): Promise<StartedNode[]> {
  const ports = publishedPorts(request.plan, request.publish);
  const security = await securityOptions(engines);
  const create = async (node: PlannedNode): Promise<StartedNode> => {
    request.signal?.throwIfAborted();
    const host = engines.home;
    const { containers } = engines.on(host);
    const container = await containers.create(containerSpec(request, node, ports.get(node.name) ?? [], security));
    await containers.writeFiles(container, node.files);
    return { plan: node, host, container };
  };
  const [first, ...others] = request.plan.nodes;
  if (!first) throw new UsageError('a plan without nodes', 'give the topology a host group');
  const claimed = await create(first).catch((error: unknown) => {
    throw error instanceof ConflictError ? request.onClaimLost() : error;
  });
  return [claimed, ...(await forAll(others, create))];
}

async function securityOptions(engines: Engines): Promise<string[]> {
  const { securityOptions: has } = await engines.on(engines.home).info();
  return [
    'seccomp=unconfined',
    ...(has.includes('apparmor') ? ['apparmor=unconfined'] : []),
    ...(has.includes('selinux') ? ['label=disable'] : []),
  ];
}

function containerSpec(
  request: NodesRequest,
  node: PlannedNode,
  publish: readonly PortRequest[],
  securityOptions: readonly string[],
): ContainerSpec {
  const peers = request.plan.nodes.map(
    (peer) => `${peer.name}=${peer.address}=${nodeAddress(request.subnet, peer.index)}`,
  );
  return {
    name: containerName(request.sandbox, node),
    image: request.image,
    hostname: node.name,
    labels: {
      ...request.labels,
      [LABELS.node]: node.name,
      [LABELS.nodeIndex]: String(node.index),
      [LABELS.services]: JSON.stringify(
        node.services.map(({ name, component, ports }) => ({ name, component, ports })),
      ),
    },
    environment: { BDSANDBOX_NODE: node.name, BDSANDBOX_PEERS: peers.join(' ') },
    network: { name: request.network, address: nodeAddress(request.subnet, node.index) },
    capabilities: CAPABILITIES,
    securityOptions,
    publish,
    healthCheck: {
      command: ['/usr/lib/bdsandbox/node', 'health'],
      intervalMs: 15_000,
      timeoutMs: 10_000,
      // Failures in this time do not count: services are still starting.
      startPeriodMs: 120_000,
      retries: 2,
    },
  };
}
