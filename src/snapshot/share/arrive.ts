import { ConflictError, DiskFullError, FailedError, NotFoundError } from '../../errors/index.js';
import { type FlowContext, freeDisk, gigabytes } from '../../sandbox/index.js';
import { findAllSnapshots, lookForSnapshot } from '../inventory.js';
import { indexReference, SNAPSHOT_LABELS } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { marksOf, type Provenance } from '../provenance.js';
import { ownSizes } from '../sizes.js';
import { standsOn } from '../stands-on.js';
import { checkLabels } from './check-images.js';
import { readForeignManifest, refused } from './check-manifest.js';
import { mustBeFree, reasonOf, removeBrought, reserve, type Work, withClaim } from './work.js';

/** A snapshot whose index is on the engine, under a name that does not count yet. */
export interface Arriving extends Provenance {
  readonly name: string;
  /** Reference of the index until all else is there. */
  readonly reference: string;
  readonly manifest: Manifest;
}

/** @throws FailedError */
export async function readIndex({ engine }: Pick<Work, 'engine'>, reference: string, where: string): Promise<Manifest> {
  const index = await engine.images.inspect(reference);
  if (!index) throw new NotFoundError(`the index of ${where} is gone`, 'somebody removed it: try again');
  const manifest = readForeignManifest(index.labels[SNAPSHOT_LABELS.manifest] ?? '', where);
  checkLabels(index.labels, 'index', manifest, where);
  return manifest;
}

/** @returns true when it is here already @throws ConflictError when another has its name, or it has another name */
export async function isHere({ engine, id }: Pick<Work, 'engine' | 'id'>, name: string): Promise<boolean> {
  const namesake = await lookForSnapshot(engine, name);
  if (namesake?.id === id) return true;
  if (namesake) {
    throw new ConflictError(
      `there is another snapshot ${name} here, of ${namesake.createdAt}`,
      `give it another name here: --as NAME; or remove yours: bdsandbox snapshots rm ${name}`,
    );
  }
  const { snapshots, unreadable } = await findAllSnapshots(engine);
  const same = [...snapshots, ...unreadable].find((each) => each.id === id);
  if (!same) return false;
  throw new ConflictError(`this snapshot is here already, as ${same.name}`, `use that: bdsandbox restore ${same.name}`);
}

/**
 * Runs `bring`, which gets all else, and gives the snapshot its name at the end. When anything fails nothing of it
 * stays that this run brought, and whatever was there before does.
 */
export async function arrive(
  context: FlowContext,
  work: Work,
  { name, reference, manifest, ...provenance }: Arriving,
  bring: () => Promise<void>,
): Promise<void> {
  const { engine, id, signal, brought } = work;
  const what = `snapshot ${name}`;
  let isMine = false;
  try {
    await mustHaveRoom(context, manifest);
    const index = (await engine.images.inspect(reference))?.id ?? '';
    const marks = marksOf(provenance, id);
    const wanted = [
      ...manifest.nodes.map(({ image, digest }) => [image, digest] as const),
      ...marks.map((mark) => [mark, index] as const),
    ];
    // Before anything is brought: a name that another image has is never taken from it.
    for (const [name, image] of wanted) await mustBeFree(work, name, image);
    const names = [`bds-snapshot.${name}`, `bds-travel.${id}`];
    await withClaim(work, { names, image: reference, what }, async () => {
      // Somebody may have been faster than the claim.
      if (await isHere(work, name)) throw new ConflictError(`${what} has just arrived`, 'it is here: use it');
      isMine = true;
      for (const [name, image] of wanted) await reserve(work, name, image);
      await bring();
      for (const node of manifest.nodes) await verifyNode(work, node, manifest, node.image);
      signal?.throwIfAborted();
      for (const mark of marks) await engine.images.tag(reference, mark);
      // Last: what has a name has its marks.
      brought.references.add(indexReference(name));
      await engine.images.tag(reference, indexReference(name));
      await engine.images.remove(reference);
    });
  } catch (error) {
    await undo(context, work, isMine);
    throw reasonOf(error, signal, what);
  }
}

/** @throws DiskFullError where this engine's disk is known to be too small for what it says it has */
async function mustHaveRoom(context: FlowContext, manifest: Manifest): Promise<void> {
  const free = await freeDisk(context);
  const { ownBytes } = ownSizes(manifest);
  if (free === undefined || ownBytes < free) return;
  throw new DiskFullError(
    `the snapshot takes ${gigabytes(ownBytes)}, and ${gigabytes(free)} of disk are free`,
    'free some space and try again: docker system df',
  );
}

/** @throws FailedError when a node's image is not the one that was taken */
export async function verifyNode(
  { engine }: Work,
  node: Manifest['nodes'][number],
  manifest: Manifest,
  reference: string,
): Promise<void> {
  const image = await engine.images.inspect(reference);
  const where = `the image of node ${node.name}`;
  if (image?.id !== node.digest) throw refused(where, `it is ${image?.id ?? 'gone'}, and was ${node.digest}`);
  checkLabels(image.labels, 'node', manifest, where);
}

/** It stands upon the node's image, and is of this snapshot. @throws FailedError */
export async function verifyMemory(
  { engine, id }: Work,
  node: Manifest['nodes'][number],
  reference: string,
): Promise<void> {
  const [memory, base] = await Promise.all([engine.images.inspect(reference), engine.images.inspect(node.digest)]);
  if (memory && base && standsOn(memory, base) && memory.labels[SNAPSHOT_LABELS.id] === id) return;
  throw new FailedError(
    `the memory of node ${node.name} was altered: it is not of this snapshot`,
    'have the snapshot pushed again: --force',
  );
}

async function undo({ report }: FlowContext, work: Work, isMine: boolean): Promise<void> {
  await removeBrought(work).catch((error: unknown) => {
    // Another run has it, and needs the index that both brought.
    if (!isMine) return;
    const reason = error instanceof Error ? error.message : String(error);
    report({
      type: 'notice',
      level: 'warning',
      message: `not all of it could be removed: ${reason}; bdsandbox prune removes it`,
    });
  });
}
