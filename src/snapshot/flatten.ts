import type { Engine, ImageDetails, Labels } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import { withHelper } from './helper.js';
import { SNAPSHOT_LABELS } from './labels.js';

/**
 * The engine refuses an image of more than 125 layers ("max depth exceeded", its layer store's limit), and each
 * generation of snapshot and restore adds one. Below it with room for the layer of a memory image on its way.
 */
const MOST_LAYERS = 110;

/** Makes an image of too many layers one of a single layer, under the same reference. @returns what it is now */
export async function flatten(
  engine: Engine,
  reference: string,
  options: { readonly labels: Labels; readonly most?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<ImageDetails> {
  const image = await existing(engine, reference);
  if (image.layers.length <= (options.most ?? MOST_LAYERS)) return image;
  const id = image.labels[SNAPSHOT_LABELS.id] ?? '';
  await withHelper(
    engine,
    {
      name: `bds-flatten.${reference.split(':')[1]}`,
      image: reference,
      labels: { ...options.labels, [SNAPSHOT_LABELS.id]: id },
    },
    async (container) => {
      const tar = await engine.containers.exportFilesystem(container);
      try {
        await engine.images.importRootFilesystem(tar, {
          reference,
          labels: image.labels,
          entrypoint: ['/usr/lib/bdsandbox/init'],
          environment: { LANG: 'C.UTF-8', JAVA_HOME: '/usr/lib/jvm/default', MALLOC_ARENA_MAX: '2' },
          ...(options.signal ? { signal: options.signal } : {}),
        });
      } finally {
        tar.destroy();
      }
    },
  );
  // Nameless now, unless it had another name too.
  if (image.references.length <= 1) await engine.images.remove(image.id);
  return existing(engine, reference);
}

async function existing(engine: Engine, reference: string): Promise<ImageDetails> {
  const image = await engine.images.inspect(reference);
  if (image) return image;
  throw new FailedError(`image ${reference} is gone`, 'take the snapshot again');
}
