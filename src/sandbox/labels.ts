/** Labels on the containers, networks and volumes of a sandbox: the only place where it is recorded. */
export const LABELS = {
  sandbox: 'bdsandbox.sandbox',
  owner: 'bdsandbox.owner',
  /** The engine's name of the machine. */
  host: 'bdsandbox.host',
  node: 'bdsandbox.node',
  /** 1-based; node 1 holds the claim on the sandbox's name. */
  nodeIndex: 'bdsandbox.node.index',
  /** Number of nodes, so that a missing one is noticed. */
  nodeCount: 'bdsandbox.nodes',
  template: 'bdsandbox.template',
  topology: 'bdsandbox.topology',
  /** UUID of the create or restore that made the thing: what a rollback removes, and the sandbox's identity. */
  attempt: 'bdsandbox.attempt',
  /** Process that makes it: "HOSTNAME:PID:START", so that others can tell a dead attempt from one under way. */
  creator: 'bdsandbox.creator',
  /** UTC ISO 8601 */
  created: 'bdsandbox.created',
  /** UTC ISO 8601; empty for never */
  expires: 'bdsandbox.expires',
  /** An attempt not finished by then is dead, wherever its process runs. UTC ISO 8601 */
  deadline: 'bdsandbox.deadline',
  /** cold, golden or snapshot */
  startedFrom: 'bdsandbox.started-from',
  /** Snapshot it was restored from; empty for none */
  parent: 'bdsandbox.parent',
  /** On images of a snapshot: the volume with its memory, which must stay as long as they do. Empty for a cold one. */
  memory: 'bdsandbox.memory',
  /** Digest of the plan. */
  plan: 'bdsandbox.plan',
  /** The node's services with component and ports, as JSON: `ls` shows ports without asking the node. */
  services: 'bdsandbox.services',
} as const;

/**
 * A file in node 1 that says the attempt came to its end: labels cannot change after a container is made. Named by the
 * attempt, since a clone starts from the original's files.
 */
export function completionMark(attempt: string): string {
  return `/etc/bdsandbox/complete/${attempt}`;
}

/** Name of a sandbox's network, and of the volume that its memory images go to. */
export function resourceName(sandbox: string, attempt: string): string {
  return `bds.${sandbox}.${attempt.slice(0, 8)}`;
}

/** `bds.NAME` for node 1, whatever it is called: the engine lets this name exist once, and so decides who has it. */
export function containerName(sandbox: string, node: { readonly name: string; readonly index: number }): string {
  return node.index === 1 ? `bds.${sandbox}` : `bds.${sandbox}.${node.name}`;
}
