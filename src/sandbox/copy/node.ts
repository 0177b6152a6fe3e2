import { posix } from 'node:path';
import type { Containers, Engines } from '../../engine/index.js';
import { findSandbox, nodeOf } from '../inventory.js';
import type { Place } from './place.js';
import type { Found, Side } from './target.js';

export type NodePlace = Extract<Place, { kind: 'node' }>;

/** The files of one node, whether it runs or not. */
export class NodeFiles implements Side {
  readonly containers: Containers;
  readonly id: string;

  private constructor(containers: Containers, id: string) {
    this.containers = containers;
    this.id = id;
  }

  /** @throws NotFoundError, UsageError */
  static async of(engines: Engines, { sandbox, node }: NodePlace, owner: string): Promise<NodeFiles> {
    const { host, summary } = nodeOf(await findSandbox(engines, sandbox, owner), node);
    return new NodeFiles(engines.on(host).containers, summary.id);
  }

  async look(wanted: string): Promise<Found> {
    const path = plainPath(wanted);
    const status = await this.containers.pathStatus(this.id, path);
    if (status === undefined) return { kind: 'none', path };
    if (status.kind !== 'link') return { kind: status.kind, path };
    const end = await this.containers.pathStatus(this.id, status.target);
    // A link that leads to itself has no end.
    return { kind: end === undefined ? 'none' : end.kind === 'link' ? 'other' : end.kind, path: status.target };
  }

  readonly dirname = posix.dirname;
  readonly basename = posix.basename;
}

/** Without slashes and dots at its end. */
export function plainPath(path: string): string {
  return posix.resolve('/', path);
}
