import type { Engine, Labels } from '../../engine/index.js';
import { ConflictError, InterruptedError } from '../../errors/index.js';
import { LABELS, thisCreator, unfinishedState } from '../../sandbox/index.js';
import { withHelper, workLabels } from '../helper.js';
import { SNAPSHOT_LABELS } from '../labels.js';

/** One run of push, pull, export or import. */
export interface Work {
  readonly engine: Engine;
  /** The snapshot's. */
  readonly id: string;
  readonly creator: string;
  readonly signal: AbortSignal | undefined;
  /** What was not there before this run: images by name, and a volume. Nothing else goes when the run fails. */
  readonly brought: { readonly references: Set<string>; readonly volumes: Set<string> };
}

export function workOf(
  engine: Engine,
  id: string,
  context: { readonly creator?: string; readonly signal?: AbortSignal | undefined },
): Work {
  const brought = { references: new Set<string>(), volumes: new Set<string>() };
  return { engine, id, creator: context.creator ?? thisCreator(), signal: context.signal, brought };
}

export function labelsOf({ id, creator }: Work): Labels {
  return workLabels(id, creator);
}

/**
 * The engine lets a container name exist once, and so decides who works on a snapshot. What a killed run left is taken
 * over.
 * @param names of containers; they are made of `image`, and never started
 * @throws ConflictError
 */
export async function withClaim<T>(
  work: Work,
  claim: { readonly names: readonly string[]; readonly image: string; readonly what: string },
  use: () => Promise<T>,
): Promise<T> {
  await removeDeadWork(work, claim.names);
  const [first, ...others] = claim.names;
  if (first === undefined) return use();
  // Told apart from a conflict inside `use`.
  let claimed = false;
  const spec = { name: first, image: claim.image, labels: labelsOf(work) };
  try {
    return await withHelper(work.engine, spec, () => {
      claimed = true;
      return withClaim(work, { ...claim, names: others }, use);
    });
  } catch (error) {
    if (claimed || !(error instanceof ConflictError)) throw error;
    throw new ConflictError(`somebody works on ${claim.what} right now`, 'wait for the end of it: docker ps -a');
  }
}

async function removeDeadWork({ engine, id }: Work, names: readonly string[]): Promise<void> {
  const work = await engine.containers.list({ [SNAPSHOT_LABELS.role]: 'work' });
  const dead = work.filter(({ labels }) => unfinishedState(labels) === 'error');
  for (const each of dead) {
    if (names.includes(each.name) || each.labels[SNAPSHOT_LABELS.id] === id) await engine.containers.remove(each.id);
  }
}

/** @returns whether the image is there under this name @throws ConflictError when another one is */
export async function mustBeFree({ engine }: Work, reference: string, image?: string): Promise<boolean> {
  const here = await engine.images.inspect(reference);
  if (!here || image === undefined || here.id === image) return here !== undefined;
  throw new ConflictError(
    `another image is called ${reference} here: ${here.id}`,
    'if a run that was killed left it: bdsandbox prune; else find out whose it is: docker image inspect',
  );
}

/** The same, and notes that this run is about to bring what is not there: to be claimed before. */
export async function reserve(work: Work, reference: string, image?: string): Promise<boolean> {
  const isThere = await mustBeFree(work, reference, image);
  if (!isThere) work.brought.references.add(reference);
  return isThere;
}

/** Whatever fails, exactly what this run brought. */
export async function removeBrought(work: Work): Promise<void> {
  const { engine, brought } = work;
  await inTurn([
    () => removeOwnWork(work),
    ...[...brought.volumes].map((volume) => () => engine.volumes.remove(volume)),
    ...[...brought.references].map((reference) => () => engine.images.remove(reference)),
  ]);
}

/** Containers of this process alone: others may work from the same snapshot. */
export async function removeOwnWork({ engine, id, creator }: Work): Promise<void> {
  const own = { [SNAPSHOT_LABELS.id]: id, [SNAPSHOT_LABELS.role]: 'work', [LABELS.creator]: creator };
  for (const each of await engine.containers.list(own)) await engine.containers.remove(each.id);
}

/** What to say of a failure: an interruption, whatever it made fail. */
export function reasonOf(error: unknown, signal: AbortSignal | undefined, what: string): unknown {
  if (!signal?.aborted) return error;
  return new InterruptedError(`${what} was interrupted; nothing of it is left`, 'run it again when you like');
}

/** Tries all of them, so that one failure leaves no more behind than it must. @throws the first failure */
export async function inTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
