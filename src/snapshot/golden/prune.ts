import type { Engine, Engines } from '../../engine/index.js';
import { ConflictError } from '../../errors/index.js';
import { IMAGE_LABELS } from '../../images/index.js';
import { findSnapshots } from '../inventory.js';
import type { Manifest } from '../manifest.js';
import { removeSnapshot } from '../remove.js';
import { keyOf } from './find.js';

/** Removes goldens that no create can begin with any more, unless a sandbox stands on them. @returns their names */
export async function pruneGoldens(engines: Engines): Promise<string[]> {
  const removed: string[] = [];
  for (const golden of await staleGoldens(engines.on(engines.home))) {
    try {
      await removeSnapshot(engines, golden);
      removed.push(golden.name);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  return removed;
}

/** Their cluster image is gone, or the machine has another kernel. */
async function staleGoldens(engine: Engine): Promise<Manifest[]> {
  const [found, clusters, info] = await Promise.all([
    findSnapshots(engine),
    engine.images.list({ [IMAGE_LABELS.kind]: 'cluster' }),
    engine.info(),
  ]);
  const tagged = clusters.filter(({ references }) => references.length > 0);
  return found.filter(
    ({ golden, plan }) => golden !== '' && !tagged.some(({ id }) => keyOf(id, plan.digest, info.kernel) === golden),
  );
}
