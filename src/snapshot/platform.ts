import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/index.js';
import { type NodePlatform, nodePlatform } from '../node/index.js';
import { nodeRights } from '../sandbox/index.js';
import { withHelper, workLabels } from './helper.js';

interface TriedImage {
  readonly image: string;
  readonly id: string;
}

/** What a node could do on this machine, tried out in a container with a node's rights, which is gone afterwards. */
export async function tryPlatform(
  engine: Engine,
  { signal, ...about }: TriedImage & { readonly signal?: AbortSignal | undefined },
): Promise<NodePlatform> {
  return inTrialNode(engine, about, (container) => nodePlatform(engine, container, signal));
}

/** A container with a node's rights to try something in; it is gone afterwards. */
export async function inTrialNode<T>(
  engine: Engine,
  about: TriedImage,
  use: (container: string) => Promise<T>,
): Promise<T> {
  const spec = {
    name: `bds-check.${randomUUID()}`,
    image: about.image,
    labels: workLabels(about.id),
    mounts: [],
    rights: await nodeRights(engine),
  };
  return withHelper(engine, spec, use);
}
