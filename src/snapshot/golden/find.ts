import { createHash } from 'node:crypto';
import type { Engine } from '../../engine/index.js';
import type { ImageRecipe } from '../../images/index.js';
import type { Plan } from '../../plan/index.js';
import { findSnapshots } from '../inventory.js';
import type { Manifest } from '../manifest.js';

/** What has to be the same for two fresh clusters to be the same. */
export interface GoldenRequest {
  readonly plan: Plan;
  readonly image: ImageRecipe;
}

/**
 * Digest over the cluster image, the plan (with every rendered file) and the kernel: a cluster with another option, version
 * or number of nodes is another one. undefined while the image is not here. CPU flags are compared when a golden is used.
 */
export async function goldenKey(engine: Engine, { plan, image }: GoldenRequest): Promise<string | undefined> {
  const [found, info] = await Promise.all([engine.images.inspect(image.reference), engine.info()]);
  if (!found) return undefined;
  return createHash('sha256').update([found.id, plan.digest, info.kernel].join('\n')).digest('hex');
}

/** The golden for this key on this engine, taken on this machine before any other; undefined for none. */
export async function findGolden(engine: Engine, key: string): Promise<Manifest | undefined> {
  const [found, info] = await Promise.all([findSnapshots(engine), engine.info()]);
  const golden = found.filter((each) => each.golden === key && each.mode === 'live');
  return golden.find(({ host }) => host === info.name) ?? golden[0];
}

export function goldenName(key: string): string {
  return `golden-${key.slice(0, 12)}`;
}
