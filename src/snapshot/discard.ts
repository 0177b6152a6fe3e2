import type { Engine, Engines } from '../engine/index.js';
import { NotOwnerError, PartlyDoneError } from '../errors/index.js';
import { Flow, type Report } from '../events/index.js';
import { findRemovable, type RemovableSnapshot } from './inventory.js';
import { removeSnapshot } from './remove.js';

export interface DiscardRequest {
  readonly names: readonly string[];
  /** Who asks. */
  readonly user: string;
  /** Whose snapshots; another's than `user`'s only with `force`. */
  readonly owner: string;
  readonly force: boolean;
}

/**
 * The snapshots a request means; nothing is touched. What came from another machine is a copy, and anybody's.
 * @throws NotFoundError for a name that is not there, NotOwnerError for somebody else's
 */
export async function selectSnapshots(engine: Engine, request: DiscardRequest): Promise<RemovableSnapshot[]> {
  const [here, ...found] = await Promise.all([
    engine.info(),
    ...[...new Set(request.names)].map((name) => findRemovable(engine, name)),
  ]);
  for (const { name, owner, host } of found) {
    if (host !== here.name || mayDiscard(request, owner)) continue;
    throw new NotOwnerError(
      `snapshot ${name} belongs to ${owner}, not to ${request.user}`,
      `if they agree: bdsandbox snapshots rm ${name} --force --owner ${owner}`,
    );
  }
  return found;
}

/** @param whose owner of a snapshot */
export function mayDiscard({ user, owner, force }: DiscardRequest, whose: string): boolean {
  return whose === user || (force && whose === owner);
}

/** @throws PartlyDoneError naming what is left; the first one's error when nothing was removed */
export async function removeSnapshots(
  engines: Engines,
  snapshots: readonly RemovableSnapshot[],
  report: Report,
): Promise<string[]> {
  const steps = snapshots.map(({ name }) => ({ id: name, title: `Remove ${name}` }));
  const flow = new Flow('Remove', steps, report);
  const removed: string[] = [];
  const failures: { readonly name: string; readonly error: unknown }[] = [];
  // One after the other: they may share a volume, and the last one takes it along.
  for (const snapshot of snapshots) {
    try {
      await flow.step(snapshot.name, () => removeSnapshot(engines, snapshot));
      removed.push(snapshot.name);
    } catch (error) {
      failures.push({ name: snapshot.name, error });
    }
  }
  const [failed] = failures;
  if (!failed) return removed;
  // The others are told by their steps.
  if (removed.length === 0) throw failed.error;
  const reasons = failures.map(({ name, error }) => `${name}: ${error instanceof Error ? error.message : error}`);
  throw new PartlyDoneError(
    `removed ${removed.join(', ')}; left: ${failures.map(({ name }) => name).join(', ')}`,
    `try again: bdsandbox snapshots rm ${failures.map(({ name }) => name).join(' ')}`,
    { cause: failed.error, details: reasons },
  );
}
