import pMap from 'p-map';
import type { Engine, ImageDetails } from '../../engine/index.js';

/** An engine reads an image's config from its disk for each answer; many at once would keep it from its other work. */
const AT_ONCE = 8;

/** In the order of `references`; undefined for what the engine does not have. */
export function inspectEach({ images }: Engine, references: readonly string[]): Promise<(ImageDetails | undefined)[]> {
  return pMap(references, (reference) => images.inspect(reference), { concurrency: AT_ONCE });
}
