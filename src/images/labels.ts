/** Labels on images that bdsandbox makes. */
export const IMAGE_LABELS = {
  /** root, base, builder, component, cluster or registry; snapshot on the images of one */
  kind: 'bdsandbox.image',
  /** name of the component or template, or of the kind */
  name: 'bdsandbox.image.name',
  /** the full digest of the inputs; the tag is its first 16 digits */
  digest: 'bdsandbox.image.digest',
  /** component versions, "hadoop=3.4.2 hbase=2.6.1-hadoop3" */
  versions: 'bdsandbox.image.versions',
} as const;

export type ImageKind = 'root' | 'base' | 'builder' | 'component' | 'cluster' | 'registry';
