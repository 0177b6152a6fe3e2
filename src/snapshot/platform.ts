import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/index.js';
import { type NodePlatform, nodePlatform } from '../node/index.js';
import { nodeRights } from '../sandbox/index.js';
import { withHelper, workLabels } from './helper.js';

/** What a node could do on this machine, tried out in a container with a node's rights, which is gone afterwards. */
export async function tryPlatform(
  engine: Engine,
  about: { readonly image: string; readonly id: string; readonly signal?: AbortSignal | undefined },
): Promise<NodePlatform> {
  const spec = {
    name: `bds-check.${randomUUID()}`,
    image: about.image,
    labels: workLabels(about.id),
    mounts: [],
    rights: await nodeRights(engine),
  };
  return withHelper(engine, spec, (container) => nodePlatform(engine, container, about.signal));
}
