import type { Engine, ImageSummary } from '../engine/index.js';
import { asSandboxError, didYouMean, NotFoundError } from '../errors/index.js';
import { LABELS } from '../sandbox/index.js';
import { indexReference, memoryVolume, SNAPSHOT_LABELS } from './labels.js';
import { type Manifest, parseManifest, readFacts } from './manifest.js';
import { type Provenance, provenanceOf } from './provenance.js';

/** A snapshot on an engine: its `name` is what it is called here, and its memory's volume the one that is here. */
export type Snapshot = Manifest & Provenance;

/** What removing a snapshot takes. Its labels say it, so one that cannot be read can still be removed. */
export interface RemovableSnapshot extends Pick<Manifest, 'name' | 'id' | 'owner' | 'host'> {
  readonly memory: { readonly volume: string } | null;
}

/** A snapshot that this version cannot read, such as one that a newer bdsandbox took. */
export interface UnreadableSnapshot extends RemovableSnapshot {
  /** Why, for people. */
  readonly reason: string;
}

export interface FoundSnapshots {
  /** Oldest first. */
  readonly snapshots: Snapshot[];
  readonly unreadable: UnreadableSnapshot[];
}

/** Every complete snapshot of an engine. One question to the engine. */
export async function findAllSnapshots(engine: Engine): Promise<FoundSnapshots> {
  const images = await engine.images.list({ [SNAPSHOT_LABELS.role]: 'index' });
  const found = images.flatMap((image) =>
    image.references
      .filter((reference) => reference.startsWith(indexReference('')))
      .map((reference) => readIndexLabels(image, reference.slice(indexReference('').length))),
  );
  const snapshots = found.filter(isReadable).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const unreadable = found.filter((each) => !isReadable(each)).sort((a, b) => a.name.localeCompare(b.name));
  return { snapshots, unreadable };
}

/** Those that this version can read, oldest first. */
export async function findSnapshots(engine: Engine): Promise<Snapshot[]> {
  return (await findAllSnapshots(engine)).snapshots;
}

/** @param name what its tag says: that can be given anew, and the name inside is what it was taken as */
function readIndexLabels(index: ImageSummary, name: string): Snapshot | UnreadableSnapshot {
  try {
    return readSnapshot(index, name);
  } catch (error) {
    const { labels, references } = index;
    const id = labels[SNAPSHOT_LABELS.id] ?? '';
    const volume = labels[LABELS.memory] ?? '';
    return {
      name,
      id,
      ...readFacts(labels[SNAPSHOT_LABELS.manifest] ?? ''),
      memory: volume === '' ? null : { volume: provenanceOf(references).origin === 'here' ? volume : memoryVolume(id) },
      reason: asSandboxError(error).message,
    };
  }
}

/** @throws FailedError when this version cannot read it */
function readSnapshot({ labels, references }: ImageSummary, name: string): Snapshot {
  const manifest = parseManifest(labels[SNAPSHOT_LABELS.manifest] ?? '', name);
  const provenance = provenanceOf(references);
  const { id, memory } = manifest;
  const arrived = provenance.origin !== 'here';
  return {
    ...manifest,
    ...provenance,
    name,
    memory: memory && arrived ? { ...memory, volume: memoryVolume(id) } : memory,
  };
}

function isReadable(found: Snapshot | UnreadableSnapshot): found is Snapshot {
  return 'schemaVersion' in found;
}

/** undefined when the engine has none of that name. @throws FailedError when this version cannot read it */
export async function lookForSnapshot(engine: Engine, name: string): Promise<Snapshot | undefined> {
  const index = await engine.images.inspect(indexReference(name));
  return index && readSnapshot(index, name);
}

/** @throws NotFoundError; FailedError when this version cannot read it */
export async function findSnapshot(engine: Engine, name: string): Promise<Snapshot> {
  return (await lookForSnapshot(engine, name)) ?? (await notFound(engine, name));
}

/** Whether or not this version can read it. @throws NotFoundError */
export async function findRemovable(engine: Engine, name: string): Promise<RemovableSnapshot> {
  const index = await engine.images.inspect(indexReference(name));
  return index ? readIndexLabels(index, name) : notFound(engine, name);
}

async function notFound(engine: Engine, name: string): Promise<never> {
  const all = await findSnapshots(engine);
  // Nobody asks for goldens by name.
  const names = all.filter((each) => !('golden' in each) || each.golden === '').map((each) => each.name);
  throw new NotFoundError(
    `there is no snapshot "${name}" on ${engine.host}${didYouMean(name, names)}`,
    names.length === 0
      ? `if a colleague pushed it: bdsandbox snapshots pull ${name}`
      : `there are: ${names.join(', ')}; if a colleague pushed it: bdsandbox snapshots pull ${name}`,
  );
}
