import type { Engines, Labels } from '../engine/index.js';
import { removeAttempt, volumesOfSnapshots } from './attempt.js';
import { findSandboxes, unfinishedState } from './inventory.js';
import { LABELS } from './labels.js';
import { finishRenames } from './rename.js';
import { forAll } from './settle.js';

export interface Pruned {
  /** Sandboxes whose create was killed before its end. */
  readonly halfMade: readonly string[];
  /** Networks and volumes that no sandbox has any more. */
  readonly orphans: readonly string[];
  /** Sandboxes whose rename was killed before its end, and is finished now. */
  readonly renamed: readonly string[];
}

/** Removes what dead attempts left behind. What a live create is making right now, on any machine, stays. */
export async function prune(engines: Engines): Promise<Pruned> {
  const records = await findSandboxes(engines);
  const dead = records.filter(({ sandbox }) => sandbox.state === 'error');
  await forAll(dead, ({ attempt }) => removeAttempt(engines, attempt));

  const renamed = await finishRenames(
    engines,
    records.filter((record) => !dead.includes(record)),
  );
  const known = new Set(records.map(({ attempt }) => attempt));
  const orphans = (await forAll(engines.hosts, (host) => labelledThings(engines, host)))
    .flat()
    .filter(({ labels }) => !known.has(labels[LABELS.attempt] ?? '') && unfinishedState(labels) === 'error');
  const attempts = [...new Set(orphans.map(({ labels }) => labels[LABELS.attempt] ?? ''))];
  await forAll(attempts, (attempt) => removeAttempt(engines, attempt));
  return { halfMade: dead.map(({ sandbox }) => sandbox.name), orphans: orphans.map(({ name }) => name), renamed };
}

async function labelledThings(engines: Engines, host: string): Promise<{ name: string; labels: Labels }[]> {
  const filter = { [LABELS.attempt]: '' };
  const engine = engines.on(host);
  const [networks, volumes] = await Promise.all([engine.networks.list(filter), engine.volumes.list(filter)]);
  const needed = volumes.length > 0 ? await volumesOfSnapshots(engine) : new Set<string>();
  return [...networks, ...volumes.filter(({ name }) => !needed.has(name))];
}
