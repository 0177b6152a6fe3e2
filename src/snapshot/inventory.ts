import type { Engine } from '../engine/index.js';
import { NotFoundError } from '../errors/index.js';
import { indexReference, SNAPSHOT_LABELS } from './labels.js';
import { type Manifest, parseManifest } from './manifest.js';

/** Every complete snapshot of an engine that this version can read, oldest first. One question to the engine. */
export async function findSnapshots(engine: Engine): Promise<Manifest[]> {
  const images = await engine.images.list({ [SNAPSHOT_LABELS.role]: 'index' });
  const manifests = images.flatMap(({ references, labels }) =>
    references
      .filter((reference) => reference.startsWith(indexReference('')))
      .flatMap((reference) => {
        // A tag can be given anew; the name inside is what it was taken as.
        const name = reference.slice(indexReference('').length);
        try {
          return [{ ...parseManifest(labels[SNAPSHOT_LABELS.manifest] ?? '', name), name }];
        } catch {
          // Of a newer bdsandbox: no reason to hide all others. Asked for by its name, it says so.
          return [];
        }
      }),
  );
  return manifests.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/** undefined when the engine has none of that name. */
export async function lookForSnapshot(engine: Engine, name: string): Promise<Manifest | undefined> {
  const index = await engine.images.inspect(indexReference(name));
  return index && { ...parseManifest(index.labels[SNAPSHOT_LABELS.manifest] ?? '', name), name };
}

/** @throws NotFoundError */
export async function findSnapshot(engine: Engine, name: string): Promise<Manifest> {
  const found = await lookForSnapshot(engine, name);
  if (found) return found;
  const names = (await findSnapshots(engine)).map((each) => each.name);
  throw new NotFoundError(
    `there is no snapshot ${name} on ${engine.host}`,
    names.length === 0
      ? `if a colleague pushed it: bdsandbox snapshots pull ${name}`
      : `there are: ${names.join(', ')}; if a colleague pushed it: bdsandbox snapshots pull ${name}`,
  );
}
