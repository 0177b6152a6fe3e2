import type { ContainerSpec, Engine, Engines, Labels, PortRequest } from '../engine/index.js';
import { ConflictError, UsageError } from '../errors/index.js';
import type { Plan, PlannedNode, RenderedFile } from '../plan/index.js';
import { containerName, LABELS } from './labels.js';
import { type PublishRequest, publishedPorts } from './publish.js';
import type { StartedNode } from './ready.js';
import { forAll } from './settle.js';
import { nodeAddress, type Subnet } from './subnet.js';

export interface NodesRequest {
  readonly sandbox: string;
  readonly plan: Plan;
  /** Image of each node. */
  readonly image: (node: PlannedNode) => string;
  readonly labels: Labels;
  /** Name of the network, and of the volume that its memory images go to. */
  readonly network: string;
  readonly subnet: Subnet;
  readonly publish: PublishRequest;
  readonly mounts?: ContainerSpec['mounts'] | undefined;
  /** Whether nodes are spoken with from their start on. */
  readonly stdin: boolean;
  /** Nodes of images that nobody said to trust: with the rights of any container, and no way to CRIU. */
  readonly confined?: boolean | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onClaimLost: () => ConflictError;
}

export type NodeRights = Required<Pick<ContainerSpec, 'capabilities' | 'securityOptions'>>;

/**
 * What CRIU inside the node needs (live-snapshot recipe): SYS_TIME because a restore sets the clock of a time
 * namespace, NET_ADMIN and NET_RAW for routes, fence and TCP repair. Never --privileged.
 */
const CAPABILITIES = ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME', 'SETPCAP', 'SYS_CHROOT'];

/**
 * For its constant address, routes and the fence of a cold snapshot, all in the network of its own; else what the engine
 * gives any container, with its seccomp and AppArmor profiles.
 */
const CONFINED: NodeRights = { capabilities: ['NET_ADMIN'], securityOptions: [] };

/** Where a node writes the memory images of its snapshots: a volume, since in the container's layer they would slow the commit. */
export const MEMORY_FOLDER = '/var/lib/bdsandbox/memory';
const PLANNED_FOLDER = '/etc/bdsandbox/planned';

/** The containers of all nodes with their files, not started. Node 1 comes first, since its name is the claim. */
export async function createNodes(engines: Engines, request: NodesRequest): Promise<StartedNode[]> {
  const ports = publishedPorts(request.plan, request.publish);
  const rights = request.confined ? CONFINED : await nodeRights(engines.on(engines.home));
  const host = engines.home;
  const { containers } = engines.on(host);
  const create = async (node: PlannedNode): Promise<StartedNode> => {
    request.signal?.throwIfAborted();
    const container = await containers.create(containerSpec(request, node, ports.get(node.name) ?? [], rights));
    return { plan: node, host, container };
  };
  const fill = async (node: StartedNode): Promise<StartedNode> => {
    const { files } = node.plan;
    // A node of a snapshot has its files already, and writing into a container that does not run is slow (see makeIndex).
    if (files.length > 0) await containers.writeFiles(node.container, [...files, ...files.map(asPlanned)]);
    return node;
  };
  const [first, ...others] = request.plan.nodes;
  if (!first) throw new UsageError('a plan without nodes', 'give the topology a host group');
  const claimed = await create(first).catch((error: unknown) => {
    throw error instanceof ConflictError ? request.onClaimLost() : error;
  });
  return forAll([Promise.resolve(claimed), ...others.map(create)], async (node) => fill(await node));
}

/** A second copy of each file, so that what was changed on a node since can be told. */
function asPlanned(file: RenderedFile): RenderedFile {
  return { ...file, path: plannedCopy(file.path), mode: 0o644 };
}

export function plannedCopy(path: string): string {
  return `${PLANNED_FOLDER}${path}`;
}

/** What a container needs to dump and restore processes as the nodes do. */
export async function nodeRights(engine: Engine): Promise<NodeRights> {
  const { securityOptions: has } = await engine.info();
  return {
    capabilities: CAPABILITIES,
    securityOptions: [
      'seccomp=unconfined',
      ...(has.includes('apparmor') ? ['apparmor=unconfined'] : []),
      ...(has.includes('selinux') ? ['label=disable'] : []),
    ],
  };
}

function containerSpec(
  request: NodesRequest,
  node: PlannedNode,
  publish: readonly PortRequest[],
  rights: NodeRights,
): ContainerSpec {
  const peers = request.plan.nodes.map(
    (peer) => `${peer.name}=${peer.address}=${nodeAddress(request.subnet, peer.index)}`,
  );
  return {
    name: containerName(request.sandbox, node),
    image: request.image(node),
    hostname: node.name,
    labels: {
      ...request.labels,
      [LABELS.node]: node.name,
      [LABELS.nodeIndex]: String(node.index),
      [LABELS.services]: JSON.stringify(
        node.services.map(({ name, component, ports }) => ({ name, component, ports })),
      ),
    },
    environment: { BDSANDBOX_NODE: node.name, BDSANDBOX_PEERS: peers.join(' '), ...request.environment },
    network: { name: request.network, address: nodeAddress(request.subnet, node.index) },
    mounts: [{ volume: request.network, path: MEMORY_FOLDER, readOnly: false }, ...(request.mounts ?? [])],
    stdin: request.stdin,
    ...rights,
    publish,
    healthCheck: {
      command: ['/usr/lib/bdsandbox/node', 'health'],
      intervalMs: 15_000,
      // Longer than it takes on a machine that is far too busy: one failure is enough to call a node degraded.
      timeoutMs: 14_000,
      // Failures in this time do not count: init may still be at work. A service that is starting is none.
      startPeriodMs: 30_000,
      retries: 1,
    },
  };
}
