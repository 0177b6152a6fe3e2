/**
 * Labels on the containers, networks and volumes of a sandbox: what they say was so when it was made. Its name now is
 * the one in the names of its containers, its expiry the one of its completion mark.
 */
export const LABELS = {
  /** The name it was made with: network and volume keep it. */
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
  /** As it was made: UTC ISO 8601; empty for never */
  expires: 'bdsandbox.expires',
  /** An attempt not finished by then is dead, wherever its process runs. UTC ISO 8601 */
  deadline: 'bdsandbox.deadline',
  /** cold, golden or snapshot */
  startedFrom: 'bdsandbox.started-from',
  /** Snapshot it was restored from; empty for none */
  parent: 'bdsandbox.parent',
  /** On images of a snapshot: the volume with its memory, which must stay as long as they do. Empty for a cold one. */
  memory: 'bdsandbox.memory',
  /** UUID of a snapshot: on its images, and on the volume with its memory where it came from elsewhere. */
  snapshotId: 'bdsandbox.snapshot.id',
  /** yes: its nodes have no more rights than any container, since nobody said to trust their images. Empty for no */
  confined: 'bdsandbox.confined',
  /** Digest of the plan. */
  plan: 'bdsandbox.plan',
  /** The node's services with component and ports, as JSON: `ls` shows ports without asking the node. */
  services: 'bdsandbox.services',
} as const;

/** Name of a sandbox's network, and of the volume that its memory images go to. @param sandbox as it was made */
export function resourceName(sandbox: string, attempt: string): string {
  return `bds.${sandbox}.${attempt.slice(0, 8)}`;
}

/** `bds.NAME` for node 1, whatever it is called: the engine lets this name exist once, and so decides who has it. */
export function containerName(sandbox: string, node: { readonly name: string; readonly index: number }): string {
  return node.index === 1 ? `bds.${sandbox}` : `bds.${sandbox}.${node.name}`;
}

/** Out of the name of one of its containers; undefined for a name that is not ours. */
export function sandboxOf(container: string): string | undefined {
  return /^bds\.([a-z0-9-]+)(?:\.|$)/.exec(container)?.[1];
}
