/** Where a snapshot is from, and whether its images may run as the nodes of a sandbox that was created here. */
export interface Provenance {
  /** here: taken on this engine */
  readonly origin: 'here' | 'file' | 'registry';
  /** False for what nobody said to trust: its nodes run confined. */
  readonly trusted: boolean;
}

/**
 * Names of an index beside that of its snapshot: they are the engine's own, travel with no push and no export, and go with
 * the image. Without any it was taken here.
 */
const FROM = 'bdsandbox/snapshot-from:';
const FOREIGN = 'bdsandbox/snapshot-foreign:';

/** @param id of the snapshot */
export function marksOf({ origin, trusted }: Provenance, id: string): string[] {
  return [...(origin === 'here' ? [] : [`${FROM}${origin}.${id}`]), ...(trusted ? [] : [foreignMark(id)])];
}

export function foreignMark(id: string): string {
  return `${FOREIGN}${id}`;
}

/** @param references all names of the index */
export function provenanceOf(references: readonly string[]): Provenance {
  const from = references.find((reference) => reference.startsWith(FROM))?.slice(FROM.length);
  const origin = from === undefined ? 'here' : from.startsWith('registry.') ? 'registry' : 'file';
  return { origin, trusted: !references.some((reference) => reference.startsWith(FOREIGN)) };
}
