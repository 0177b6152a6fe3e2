import type { ImageDetails } from '../../engine/index.js';
import { ConflictError, FailedError, NotFoundError } from '../../errors/index.js';
import type { FlowContext } from '../../sandbox/index.js';
import { findSnapshots, lookForSnapshot } from '../inventory.js';
import { indexReference, SNAPSHOT_LABELS } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { removeImages, removeMemory } from '../remove.js';
import { standsOn } from '../stands-on.js';
import { readForeignManifest } from './check-manifest.js';
import { inspectEach } from './inspect-each.js';
import { inTurn, reasonOf, removeOwnWork, type Work, withClaim } from './work.js';

/** A snapshot whose index is on the engine, under a name that does not count yet. */
export interface Arriving {
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
  // What is removed by the label must be this snapshot and no other.
  if (index.labels[SNAPSHOT_LABELS.id] === manifest.id && index.labels[SNAPSHOT_LABELS.role] === 'index')
    return manifest;
  throw new FailedError(`${where} was altered: its labels and its manifest differ`, 'have it pushed or exported again');
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
  const same = (await findSnapshots(engine)).find((each) => each.id === id);
  if (!same) return false;
  throw new ConflictError(`this snapshot is here already, as ${same.name}`, `use that: bdsandbox restore ${same.name}`);
}

/**
 * Runs `bring`, which gets all else, and gives the snapshot its name at the end. When anything fails nothing of it
 * stays; what a killed run left is used by the next.
 */
export async function arrive(
  context: FlowContext,
  work: Work,
  { name, reference, manifest }: Arriving,
  bring: () => Promise<void>,
): Promise<void> {
  const { engine, id, signal } = work;
  const what = `snapshot ${name}`;
  let mine = false;
  try {
    const names = [`bds-snapshot.${name}`, `bds-travel.${id.slice(0, 12)}`];
    await withClaim(work, { names, image: reference, what }, async () => {
      // Somebody may have been faster than the claim.
      if (await isHere(work, name)) throw new ConflictError(`${what} has just arrived`, 'it is here: use it');
      mine = true;
      await bring();
      await verifyNodes(work, manifest);
      signal?.throwIfAborted();
      await engine.images.tag(reference, indexReference(name));
      await engine.images.remove(reference);
    });
  } catch (error) {
    if (mine) await undo(context, work, manifest);
    else await inTurn([() => removeOwnWork(work), () => engine.images.remove(reference)]).catch(() => undefined);
    throw reasonOf(error, signal, what);
  }
}

/** @throws FailedError when a node's image is not the one that was taken */
export async function verifyNode({ engine }: Work, node: Manifest['nodes'][number], reference: string): Promise<void> {
  mustBe(node, await engine.images.inspect(reference));
}

function mustBe(node: Manifest['nodes'][number], image: ImageDetails | undefined): void {
  if (image?.id === node.digest) return;
  throw new FailedError(
    `the image of node ${node.name} was altered: it is ${image?.id ?? 'gone'}, and was ${node.digest}`,
    'have the snapshot pushed or exported again, and find out who altered it',
  );
}

/** It stands upon the node's image, and is of this snapshot. @throws FailedError */
export async function verifyMemory(
  { engine, id }: Work,
  node: Manifest['nodes'][number],
  reference: string,
): Promise<void> {
  const [memory, base] = await Promise.all([engine.images.inspect(reference), engine.images.inspect(node.image)]);
  if (memory && base && standsOn(memory, base) && memory.labels[SNAPSHOT_LABELS.id] === id) return;
  throw new FailedError(
    `the memory of node ${node.name} was altered: it is not of this snapshot`,
    'have the snapshot pushed again: --force',
  );
}

async function verifyNodes({ engine }: Work, { nodes }: Manifest): Promise<void> {
  const images = await inspectEach(
    engine,
    nodes.map(({ image }) => image),
  );
  for (const [index, node] of nodes.entries()) mustBe(node, images[index]);
}

async function undo(context: FlowContext, work: Work, { id, memory }: Manifest): Promise<void> {
  const { engines, report } = context;
  await inTurn([
    () => removeOwnWork(work),
    // Before the images: an image is needed to empty a volume that stays.
    async () => memory && removeMemory(engines, work.engine, id, memory.volume),
    () => removeImages(engines, id),
  ]).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    report({
      type: 'notice',
      level: 'warning',
      message: `not all of it could be removed: ${reason}; bdsandbox prune removes it`,
    });
  });
}
