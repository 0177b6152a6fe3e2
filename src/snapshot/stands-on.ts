import type { ImageDetails } from '../engine/index.js';

/** Whether the lowest layers of an image are all those of `base`. */
export function standsOn(image: ImageDetails, base: ImageDetails): boolean {
  return base.layers.every((layer, index) => image.layers[index] === layer);
}
