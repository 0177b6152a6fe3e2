import type { Engine } from '../engine/index.js';
import { findSnapshots } from './inventory.js';

/** What of snapshots is gone though nobody removed them, such as by `docker image prune -a`, a sentence each. */
export async function missingOfSnapshots(engine: Engine): Promise<string[]> {
  const [snapshots, volumes] = await Promise.all([findSnapshots(engine), engine.volumes.list({})]);
  const missing = await Promise.all(
    snapshots.map(async ({ name, nodes, memory }) => {
      const images = await Promise.all(nodes.map(({ image }) => engine.images.inspect(image)));
      const lost = images.filter((image) => image === undefined).length;
      return [
        ...(lost > 0 ? [`the files of ${lost} of ${nodes.length} nodes of snapshot ${name}`] : []),
        ...(memory && !volumes.some((volume) => volume.name === memory.volume)
          ? [`the memory of snapshot ${name}`]
          : []),
      ];
    }),
  );
  return missing.flat();
}
