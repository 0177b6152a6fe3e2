import { LABELS } from '../sandbox/index.js';

/** Labels on the images of snapshots, and on the containers that help to make them. */
export const SNAPSHOT_LABELS = {
  name: 'bdsandbox.snapshot',
  /** UUID of the run that took it: the snapshot's identity, whatever it is called elsewhere. */
  id: LABELS.snapshotId,
  /** index, node, memory; work for helping containers */
  role: 'bdsandbox.snapshot.role',
  /** On the index alone: the manifest as JSON. */
  manifest: 'bdsandbox.snapshot.manifest',
} as const;

/** On the containers of a restored sandbox: identity of the snapshot, since its name may be used again. */
export const PARENT_ID = 'bdsandbox.parent.id';

/** On the containers of a sandbox that was created from a golden: the golden's identity. */
export const GOLDEN_ID = 'bdsandbox.golden.id';

/** The image whose name is the snapshot's: it exists once all others do. */
export function indexReference(name: string): string {
  return `bdsandbox/snapshot:${name}`;
}

export const NODE_IMAGES = 'bdsandbox/snapshot-node:';

/** File system of a node at the moment. The whole id: a shorter one can be the beginning of another's. */
export function nodeReference(id: string, node: string): string {
  return `${NODE_IMAGES}${id}.${node}`;
}

/** The same with the node's memory in a layer of its own: only there while it travels. */
export function memoryReference(id: string, node: string): string {
  return `bdsandbox/snapshot-memory:${id}.${node}`;
}

/** Name of an index until all else of its snapshot is there. @param image its id */
export function arrivingReference(image: string): string {
  return `bdsandbox/snapshot-arriving:${image.replace(/^sha256:/, '')}`;
}

/** Volume with the memory of a snapshot that came from elsewhere: made here, whatever the manifest calls it. */
export function memoryVolume(id: string): string {
  return `bds-memory.${id}`;
}

/** The evidence bundle in the index image. */
export const EVIDENCE_FILE = '/bdsandbox/evidence.tar.zst';
