import { z } from 'zod';

/**
 * A snapshot in one file: a tar in zstd, its entries in this order.
 *
 *     bdsandbox.json           what is in it
 *     images/...               the index and the nodes' images as one `docker save`, each layer once
 *     memory/NODE.tar.zst      memory of each node, if it is live
 *     checksums.json           sha256 of each entry before; a file without it is cut off
 */
export const ABOUT = 'bdsandbox.json';
export const IMAGES = 'images/';
export const MEMORY = 'memory/';
export const CHECKSUMS = 'checksums.json';
export const FORMAT = 1;

/** Of all entries: far beyond what one engine keeps of one snapshot. */
const MOST_BYTES = 10e12;

export const aboutSchema = z.object({
  format: z.literal(FORMAT),
  name: z.string(),
  /** The index image's id. */
  index: z.string(),
  images: z.array(z.object({ reference: z.string(), id: z.string(), layers: z.array(z.string()).max(200) })).max(300),
  /** More bytes than the entries have, unpacked, are not read. */
  bytes: z.int().min(0).max(MOST_BYTES),
  manifest: z.looseObject({ id: z.string() }),
});

export type About = z.infer<typeof aboutSchema>;

/** Content by entry: sha256 in hex; of a link what it links to. */
export const checksumsSchema = z.record(z.string(), z.string());

/** As `docker save` writes it. */
export const savedSchema = z.array(
  z.looseObject({ Config: z.string(), Layers: z.array(z.string()), RepoTags: z.array(z.string()).nullish() }),
);

export const configSchema = z.looseObject({
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
});

export function memoryEntry(node: string): string {
  return `${MEMORY}${node}.tar.zst`;
}
