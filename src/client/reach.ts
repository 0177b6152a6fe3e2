import type { Engines } from '../engine/index.js';
import { ConflictError, FailedError } from '../errors/index.js';
import { execBare, forAll, type SandboxNode, type SandboxRecord } from '../sandbox/index.js';
import type { Connect, Connection } from './connect.js';
import type { Host } from './hosts.js';

/** On the engine's own machine an answer takes less than a millisecond; this is for a busy one. */
const LIMIT_MS = 1500;

export interface Reached {
  readonly hosts: readonly Host[];
  /** Of this machine, as the nodes see it. */
  readonly clientAddress: string;
}

type Open = Extract<Connection, { kind: 'open' }>;

interface Tried extends Host {
  readonly connection: Connection;
  /** Of the node, that the connection goes to. */
  readonly port: number;
}

/** @throws ConflictError when a node does not run */
export function mustRun({ sandbox }: SandboxRecord): Host[] {
  return sandbox.nodes.map((node) => runningHost(sandbox.name, node));
}

/** @throws ConflictError when it does not run */
export function runningHost(sandbox: string, { name, state, bridgeAddress }: SandboxNode): Host {
  if ((state === 'running' || state === 'degraded') && bridgeAddress !== null) return { name, address: bridgeAddress };
  throw new ConflictError(`node ${name} of ${sandbox} is ${state}`, `see bdsandbox status ${sandbox}`);
}

/**
 * Makes sure that programs of this machine reach all nodes, by their addresses in the sandbox's network.
 * @throws ConflictError when a node does not run or nothing listens; FailedError when the nodes cannot be reached
 */
export async function reachNodes(engines: Engines, record: SandboxRecord, connect: Connect): Promise<Reached> {
  const { name } = record.sandbox;
  const hosts = mustRun(record);
  const tried = await forAll(hosts, (host) => tryNode(record, host, connect));
  try {
    const silent = tried.find(({ connection }) => connection.kind === 'silent');
    if (silent?.connection.kind === 'silent') {
      throw unreachable(name, `${silent.name} at ${silent.address} gives no sign (${silent.connection.reason})`);
    }
    for (const { name: node, address, connection, port } of tried) {
      if (connection.kind !== 'open') continue;
      if (!(await isSeenInside(engines, record, node, connection, port))) {
        throw unreachable(name, `${address} is something else here, not its node ${node}`);
      }
      return { hosts, clientAddress: connection.address };
    }
  } finally {
    for (const { connection } of tried) if (connection.kind === 'open') connection.close();
  }
  throw new ConflictError(
    `no port of ${name} answers programs of this machine`,
    `see whether its services are ready: bdsandbox status ${name}; if they are, ${elsewhere(name)}`,
  );
}

/** The first port that is open. Web pages first: other protocols may log that somebody came and said nothing. */
async function tryNode(record: SandboxRecord, host: Host, connect: Connect): Promise<Tried> {
  const index = record.sandbox.nodes.findIndex(({ name }) => name === host.name);
  const ports = (record.containers[index]?.services ?? [])
    .flatMap((service) => service.ports)
    .toSorted((a, b) => Number(b.protocol === 'http') - Number(a.protocol === 'http'));
  for (const { port } of ports) {
    const connection = await connect(host.address, port, LIMIT_MS);
    if (connection.kind !== 'refused') return { ...host, connection, port };
  }
  return { ...host, connection: { kind: 'refused' }, port: 0 };
}

/**
 * Whether the node has the connection too: another machine's engine gives the same addresses to other sandboxes, and an
 * address that answers need not be the node.
 */
async function isSeenInside(
  engines: Engines,
  record: SandboxRecord,
  node: string,
  { port: ours }: Open,
  port: number,
): Promise<boolean> {
  const container = record.containers[record.sandbox.nodes.findIndex(({ name }) => name === node)];
  if (!container) return false;
  // Ends with 1 where there is no IPv6; what it says is all that counts.
  const command = ['cat', '/proc/net/tcp', '/proc/net/tcp6'];
  const { stdout } = await execBare(engines.on(container.host).containers, container.summary.id, command);
  const rows = stdout.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) /gm);
  return [...rows].some(([, local = '', remote = '']) => parseInt(local, 16) === port && parseInt(remote, 16) === ours);
}

function unreachable(sandbox: string, what: string): FailedError {
  return new FailedError(`programs of this machine cannot reach the nodes of ${sandbox}: ${what}`, elsewhere(sandbox));
}

function elsewhere(sandbox: string): string {
  return `its engine is on another machine, or in a virtual one: run a program through the engine (bdsandbox run ${sandbox} --via tunnel -- ...) or in a node (bdsandbox exec ${sandbox} -- ...)`;
}
