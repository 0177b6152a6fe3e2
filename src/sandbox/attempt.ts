import { randomUUID } from 'node:crypto';
import type { Engine, Engines } from '../engine/index.js';
import { PartlyDoneError } from '../errors/index.js';
import { LABELS } from './labels.js';
import { forAll } from './settle.js';

/** One run of create or restore. Everything it makes carries its UUID, and a rollback removes exactly that. */
export function newAttempt(): string {
  return randomUUID();
}

/**
 * Removes whatever carries the attempt's UUID on every host: containers, then networks and volumes. Idempotent.
 * @throws PartlyDoneError naming what is left
 */
export async function removeAttempt(engines: Engines, attempt: string): Promise<void> {
  throwIfLeft((await forAll(engines.hosts, (host) => removeFrom(engines.on(host), attempt))).flat());
}

export interface Leftover {
  readonly what: string;
  readonly reason: unknown;
}

/** @throws PartlyDoneError naming what is left */
export function throwIfLeft(left: readonly Leftover[]): void {
  if (left.length === 0) return;
  const what = left.map((each) => each.what).join(', ');
  throw new PartlyDoneError(`these could not be removed: ${what}`, 'run bdsandbox prune', { cause: left[0]?.reason });
}

async function removeFrom(engine: Engine, attempt: string): Promise<Leftover[]> {
  const filter = { [LABELS.attempt]: attempt };
  const containers = await engine.containers.list(filter);
  const left = await removeEach(
    containers.map(({ id, name }) => ({ what: `container ${name}`, remove: () => engine.containers.remove(id) })),
  );
  const [networks, volumes] = await Promise.all([engine.networks.list(filter), engine.volumes.list(filter)]);
  const needed = volumes.length > 0 ? await volumesOfSnapshots(engine) : new Set<string>();
  return [
    ...left,
    ...(await removeEach([
      ...networks.map(({ id, name }) => ({ what: `network ${name}`, remove: () => engine.networks.remove(id) })),
      ...volumes
        .filter(({ name }) => !needed.has(name))
        .map(({ name }) => ({ what: `volume ${name}`, remove: () => engine.volumes.remove(name) })),
    ])),
  ];
}

/**
 * A snapshot's memory stays in the volume of the sandbox it was taken of, also when that is gone. One that came from
 * elsewhere has its memory in a volume that names it: what else its images say is none of this engine's volumes.
 */
export async function volumesOfSnapshots(engine: Engine): Promise<Set<string>> {
  const [images, own] = await Promise.all([
    engine.images.list({ [LABELS.memory]: '' }),
    engine.volumes.list({ [LABELS.snapshotId]: '' }),
  ]);
  const arrived = new Set(own.map(({ labels }) => labels[LABELS.snapshotId]));
  // A nameless one is only there because another stands on it: its snapshot was removed.
  const named = images.filter(
    ({ references, labels }) => references.length > 0 && !arrived.has(labels[LABELS.snapshotId]),
  );
  return new Set(named.map(({ labels }) => labels[LABELS.memory] ?? ''));
}

/** Tries every one, also when others fail. */
export async function removeEach(
  things: readonly { readonly what: string; readonly remove: () => Promise<void> }[],
): Promise<Leftover[]> {
  const outcomes = await Promise.allSettled(things.map(({ remove }) => remove()));
  return outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ what: things[index]?.what ?? '', reason: outcome.reason }] : [],
  );
}
