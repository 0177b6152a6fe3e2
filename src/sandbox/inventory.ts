import type { ContainerSummary, Engine, Engines } from '../engine/index.js';
import { NotFoundError, UsageError } from '../errors/index.js';
import type { PlannedService } from '../plan/index.js';
import { creatorState } from './creator.js';
import { LABELS, sandboxOf } from './labels.js';
import { type Mark, readMark } from './mark.js';
import type { NodePort, NodeService, NodeState, Sandbox, SandboxNode, SandboxState } from './model.js';
import { noNode, noSandbox } from './not-there.js';
import { forAll } from './settle.js';

/** A sandbox as the engine's containers tell it; found anew at each call, so right after any crash. */
export interface SandboxRecord {
  readonly attempt: string;
  readonly sandbox: Sandbox;
  /** In the order of `sandbox.nodes`. */
  readonly containers: readonly NodeContainer[];
}

export interface NodeContainer {
  readonly host: string;
  readonly summary: ContainerSummary;
  /** What the plan put on the node; from a label, so that no container has to be asked. */
  readonly services: readonly LabelledService[];
}

export type LabelledService = Pick<PlannedService, 'name' | 'component' | 'ports'>;

/** Its nodes run images that nobody said to trust: so do the nodes of its snapshots. */
export function isConfined({ containers }: SandboxRecord): boolean {
  return containers.some(({ summary }) => summary.labels[LABELS.confined] === 'yes');
}

export interface FindRequest {
  /** Everybody's when absent. */
  readonly owner?: string | undefined;
  readonly attempt?: string;
  /** Of an attempt that goes on: its mark, which takes the engine a while to look for, cannot be there yet. */
  readonly unmarked?: boolean;
}

/** All sandboxes of all hosts, oldest first. */
export async function findSandboxes(engines: Engines, only: FindRequest = {}): Promise<SandboxRecord[]> {
  const { owner, attempt: wanted = '', unmarked = false } = only;
  const filter = { [LABELS.attempt]: wanted, ...(owner === undefined ? {} : { [LABELS.owner]: owner }) };
  const found = (
    await forAll(engines.hosts, async (host) =>
      (
        await engines.on(host).containers.list(filter)
      ).map((summary) => ({
        host,
        summary,
        services: servicesOf(summary),
      })),
    )
  )
    .flat()
    // Helpers made of a snapshot's image inherit its labels, and have no attempt of their own.
    .filter(({ summary }) => summary.labels[LABELS.attempt] !== '');
  const byAttempt = Map.groupBy(found, ({ summary }) => summary.labels[LABELS.attempt] ?? '');
  const records = await forAll([...byAttempt], ([attempt, containers]) =>
    toRecord(engines, attempt, containers, unmarked),
  );
  return records.sort((a, b) => a.sandbox.createdAt.localeCompare(b.sandbox.createdAt));
}

/**
 * The sandbox a command means: the named one, or the owner's only one.
 * @throws NotFoundError, UsageError when there are several
 */
export async function findSandbox(engines: Engines, name: string | undefined, owner: string): Promise<SandboxRecord> {
  if (name !== undefined) {
    const all = await findSandboxes(engines);
    const named = all.find(({ sandbox }) => sandbox.name === name);
    if (named) return named;
    throw noSandbox(name, all, owner);
  }
  const mine = await findSandboxes(engines, { owner });
  const [only, ...others] = mine;
  if (!only) throw new NotFoundError('you have no sandbox', 'create one: bdsandbox create hadoop-hbase');
  if (others.length > 0) {
    throw new UsageError(
      `you have ${mine.length} sandboxes: ${mine.map(({ sandbox }) => sandbox.name).join(', ')}`,
      'name one with --sandbox NAME, or set BDSANDBOX_SANDBOX',
    );
  }
  return only;
}

/**
 * Container and engine of a node.
 * @param takes what the command can be given: SANDBOX/NODE, or a service of it too
 * @throws NotFoundError
 */
export function nodeOf(
  record: SandboxRecord,
  name: string | undefined,
  takes: 'node' | 'service' = 'node',
): NodeContainer {
  const index = name === undefined ? 0 : record.sandbox.nodes.findIndex((node) => node.name === name);
  const container = record.containers[index];
  if (container) return container;
  throw noNode(record, name ?? '', takes);
}

async function toRecord(
  engines: Engines,
  attempt: string,
  unordered: readonly NodeContainer[],
  unmarked: boolean,
): Promise<SandboxRecord> {
  const containers = unordered.toSorted((a, b) => indexOf(a.summary) - indexOf(b.summary));
  const [first] = containers;
  const labels = first?.summary.labels ?? {};
  const nodes = containers.map(toNode);
  const mark = first && !unmarked ? await lookAtMark(engines.on(first.host), first.summary, attempt) : undefined;
  return {
    attempt,
    containers,
    sandbox: {
      name: first ? sandboxNameOf(first.summary) : '',
      owner: labels[LABELS.owner] ?? '',
      host: labels[LABELS.host] ?? first?.host ?? '',
      template: labels[LABELS.template] ?? '',
      topology: labels[LABELS.topology] ?? '',
      state: mark ? overallState(nodes, Number(labels[LABELS.nodeCount])) : unfinishedState(labels),
      createdAt: labels[LABELS.created] ?? first?.summary.createdAt ?? '',
      expiresAt: mark?.expiresAt === undefined ? labels[LABELS.expires] || null : mark.expiresAt,
      parentSnapshot: labels[LABELS.parent] || null,
      startedFrom: labels[LABELS.startedFrom] ?? 'cold',
      nodes,
    },
  };
}

/** The same sandbox as it will be once its attempt is marked complete. */
export function asComplete(record: SandboxRecord): SandboxRecord {
  const planned = Number(record.containers[0]?.summary.labels[LABELS.nodeCount]);
  return { ...record, sandbox: { ...record.sandbox, state: overallState(record.sandbox.nodes, planned) } };
}

/** Without node 1 nobody can tell: such a sandbox counts as complete, so that `prune` never takes a user's data. */
async function lookAtMark(engine: Engine, first: ContainerSummary, attempt: string): Promise<Mark | undefined> {
  const unknown = { expiresAt: undefined };
  if (indexOf(first) !== 1) return unknown;
  return readMark(engine, first.id, attempt).catch((error: unknown) => {
    // Removed between the list and the question: somebody destroys it right now.
    if (error instanceof NotFoundError) return unknown;
    throw error;
  });
}

/** Of node 1's container, which holds the claim on it; another one's may be the old name for a moment. */
export function sandboxNameOf({ name, labels }: ContainerSummary): string {
  return sandboxOf(name) ?? labels[LABELS.sandbox] ?? '';
}

function overallState(nodes: readonly SandboxNode[], planned: number): SandboxState {
  if (nodes.every(({ state }) => state === 'stopped' || state === 'paused')) return 'stopped';
  return nodes.length === planned && nodes.every(({ state }) => state === 'running') ? 'running' : 'degraded';
}

/** An attempt that did not come to its end: `creating` while its process may live, `error` after. */
export function unfinishedState(labels: Readonly<Record<string, string>>): 'creating' | 'error' {
  const creator = creatorState(labels[LABELS.creator] ?? '');
  if (creator !== 'unknown') return creator === 'alive' ? 'creating' : 'error';
  return (labels[LABELS.deadline] ?? '') > new Date().toISOString() ? 'creating' : 'error';
}

function toNode({ summary, services }: NodeContainer): SandboxNode {
  const index = indexOf(summary);
  return {
    name: summary.labels[LABELS.node] ?? summary.name,
    container: summary.name,
    address: `10.255.0.${index}`,
    bridgeAddress: Object.values(summary.addresses).find((address) => address !== '') ?? null,
    state: nodeState(summary),
    services: [],
    ports: services.flatMap((service) => portsOf(summary, service)),
    cpuPercent: null,
    memoryBytes: null,
  };
}

function nodeState({ state, health }: ContainerSummary): NodeState {
  return state === 'running' && health === 'unhealthy' ? 'degraded' : state;
}

function portsOf(summary: ContainerSummary, service: LabelledService): NodePort[] {
  return service.ports.flatMap((port) => {
    const published = summary.ports.find(({ containerPort }) => containerPort === port.port);
    if (!published) return [];
    const host = `${published.hostAddress}:${published.hostPort}`;
    // 0.0.0.0 is an address to listen on, not one to visit.
    const visit = `${published.hostAddress === '0.0.0.0' ? '127.0.0.1' : published.hostAddress}:${published.hostPort}`;
    const url = port.protocol === 'http' ? `http://${visit}${port.path}` : null;
    return [{ service: service.name, name: port.name, container: port.port, host, url }];
  });
}

export function servicesOf(summary: ContainerSummary): LabelledService[] {
  const text = summary.labels[LABELS.services];
  return text === undefined ? [] : (JSON.parse(text) as LabelledService[]);
}

export function indexOf(summary: ContainerSummary): number {
  return Number(summary.labels[LABELS.nodeIndex] ?? 0);
}

/** A service as it is before its node was asked. */
export function unaskedService(service: LabelledService, detail: string): NodeService {
  const { name, component } = service;
  return { name, component, state: 'stopped', pid: null, since: null, detail };
}
