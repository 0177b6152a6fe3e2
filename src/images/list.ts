import type { ImageSummary } from '../engine/index.js';
import { IMAGE_LABELS } from './labels.js';

/** What `images ls` shows. */
export interface ListedImage {
  /** bdsandbox/NAME:TAG */
  readonly reference: string;
  readonly kind: string;
  /** e.g. "hadoop=3.4.2 hbase=2.6.1-hadoop3" */
  readonly versions: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
}

export function describeImages(images: readonly ImageSummary[]): ListedImage[] {
  return images.flatMap(({ references, labels, sizeBytes, createdAt }) =>
    references
      .filter((name) => name.startsWith('bdsandbox/'))
      .map((reference) => ({
        reference,
        kind: labels[IMAGE_LABELS.kind] ?? '',
        versions: labels[IMAGE_LABELS.versions] ?? '',
        sizeBytes,
        createdAt,
      })),
  );
}
