import type { Engines } from '../engine/index.js';
import { forAll, LABELS, unfinishedState } from '../sandbox/index.js';
import { SNAPSHOT_LABELS } from './labels.js';
import { removeImages, removeMemory, removeWork } from './remove.js';

/** Removes what killed runs of snapshot, pull, import and rm left behind. @returns names of those snapshots */
export async function pruneSnapshots(engines: Engines): Promise<string[]> {
  const removed = new Map<string, string>();
  await forAll(engines.hosts, async (host) => {
    const engine = engines.on(host);
    const [images, work] = await Promise.all([
      engine.images.list({ [SNAPSHOT_LABELS.id]: '' }),
      engine.containers.list({ [SNAPSHOT_LABELS.role]: 'work' }),
    ]);
    const complete = new Set(
      images
        .filter(({ labels, references }) => labels[SNAPSHOT_LABELS.role] === 'index' && references.length > 0)
        .map(({ labels }) => labels[SNAPSHOT_LABELS.id]),
    );
    const dead = [...images, ...work].filter(
      ({ labels }) => unfinishedState(labels) === 'error' && !complete.has(labels[SNAPSHOT_LABELS.id]),
    );
    for (const { labels } of dead) removed.set(labels[SNAPSHOT_LABELS.id] ?? '', labels[SNAPSHOT_LABELS.name] ?? '');
    // Of a complete snapshot a helping container may be left.
    for (const { labels, id } of work) {
      if (unfinishedState(labels) === 'error') await engine.containers.remove(id);
    }
    const memories = new Map(
      dead
        .filter(({ labels }) => (labels[LABELS.memory] ?? '') !== '')
        .map(({ labels }) => [labels[SNAPSHOT_LABELS.id] ?? '', labels[LABELS.memory] ?? '']),
    );
    for (const [id, volume] of memories) await removeMemory(engines, engine, id, volume);
  });
  for (const id of removed.keys()) {
    await removeWork(engines, id);
    await removeImages(engines, id);
  }
  return [...new Set(removed.values())].filter((name) => name !== '');
}
