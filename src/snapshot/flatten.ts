import type { Engine, Labels } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import { SNAPSHOT_LABELS } from './labels.js';

/**
 * The engine refuses an image of more than 125 layers ("max depth exceeded", its layer store's limit), and each
 * generation of snapshot and restore adds one. Below it with room for the layer of a memory image on its way.
 */
const MOST_LAYERS = 110;

/** Makes an image of too many layers one of a single layer, under the same reference. */
export async function flatten(
  engine: Engine,
  reference: string,
  options: { readonly labels: Labels; readonly most?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const image = await engine.images.inspect(reference);
  if (!image) throw new FailedError(`image ${reference} is gone`, 'take the snapshot again');
  if (image.layers.length <= (options.most ?? MOST_LAYERS)) return;
  const id = image.labels[SNAPSHOT_LABELS.id] ?? '';
  const container = await engine.containers.create({
    name: `bds-flatten.${reference.split(':')[1]}`,
    image: reference,
    hostname: 'helper',
    labels: { ...options.labels, [SNAPSHOT_LABELS.id]: id },
    environment: {},
  });
  try {
    await engine.images.importRootFilesystem(await engine.containers.exportFilesystem(container), {
      reference,
      labels: image.labels,
      entrypoint: ['/usr/lib/bdsandbox/init'],
      environment: { LANG: 'C.UTF-8', JAVA_HOME: '/usr/lib/jvm/default', MALLOC_ARENA_MAX: '2' },
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } finally {
    await engine.containers.remove(container);
  }
  // Nameless now.
  await engine.images.remove(image.id);
}
