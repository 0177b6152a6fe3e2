import type { Engine } from '../engine/index.js';
import { indexReference, SNAPSHOT_LABELS } from './labels.js';

/** Names of the snapshots that users take, and nothing else of them: no manifest is read. */
export async function snapshotNames(engine: Engine): Promise<string[]> {
  const images = await engine.images.list({ [SNAPSHOT_LABELS.role]: 'index' });
  const prefix = indexReference('');
  const names = images.flatMap(({ references }) =>
    references.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length)),
  );
  return names.filter((name) => !/^golden-[0-9a-f]{12}$/.test(name)).sort();
}
