import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/index.js';
import { IMAGE_LABELS } from '../images/index.js';
import type { NodePlatform } from '../node/index.js';
import { tryPlatform } from '../snapshot/index.js';

/** Of our newest cluster image; undefined without one. */
export async function newestPlatform(engine: Engine): Promise<NodePlatform | undefined> {
  const images = await engine.images.list({ [IMAGE_LABELS.kind]: 'cluster' });
  const [newest] = images
    .filter(({ references }) => references.length > 0)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return newest && tryPlatform(engine, { image: newest.id, id: randomUUID() });
}
