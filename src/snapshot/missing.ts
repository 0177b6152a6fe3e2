import type { Engine } from '../engine/index.js';
import { findSnapshots } from './inventory.js';
import { SNAPSHOT_LABELS } from './labels.js';

/** What of snapshots is gone though nobody removed them, such as by `docker image prune -a`, a sentence each. */
export async function missingOfSnapshots(engine: Engine): Promise<string[]> {
  const [snapshots, images, volumes] = await Promise.all([
    findSnapshots(engine),
    engine.images.list({ [SNAPSHOT_LABELS.role]: 'node' }),
    engine.volumes.list({}),
  ]);
  const present = new Set([...images.flatMap(({ references }) => references), ...volumes.map(({ name }) => name)]);
  return snapshots.flatMap(({ name, nodes, memory }) => {
    const lost = nodes.filter(({ image }) => !present.has(image)).length;
    return [
      ...(lost > 0 ? [`the files of ${lost} of ${nodes.length} nodes of snapshot ${name}`] : []),
      ...(memory && !present.has(memory.volume) ? [`the memory of snapshot ${name}`] : []),
    ];
  });
}
