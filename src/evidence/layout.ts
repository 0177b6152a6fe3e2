import { posix } from 'node:path';

/** What a file of a node is, and its path below the node's folder in the bundle. */
export interface Place {
  readonly kind: 'config' | 'planned' | 'service' | 'log';
  readonly path: string;
  /** Of config and planned: the path in the node, the same for both. */
  readonly of: string;
}

const OURS = '/etc/bdsandbox/';
const PLANNED = `${OURS}planned`;
const LOGS = '/var/log/bdsandbox/';

/** @param planned the paths in the node that are known to be config */
export function placeOf(path: string, planned: ReadonlySet<string>): Place {
  if (path.startsWith(`${PLANNED}/`)) {
    const of = path.slice(PLANNED.length);
    return { kind: 'planned', path: `planned${of}`, of };
  }
  if (path.startsWith(`${OURS}services/`)) return { kind: 'service', path: path.slice(OURS.length), of: path };
  if (path.startsWith(OURS)) return { kind: 'service', path: `bdsandbox/${path.slice(OURS.length)}`, of: path };
  if (path.startsWith('/etc/') || planned.has(path)) return { kind: 'config', path: `config${path}`, of: path };
  return { kind: 'log', path: path.startsWith(LOGS) ? `logs/${path.slice(LOGS.length)}` : `logs${path}`, of: path };
}

/** The absolute path in the node of an entry; never outside of the root, whatever a tar says. */
export function nodePath(prefix: string, name: string): string {
  return posix.normalize(`/${prefix}/${name}`);
}
