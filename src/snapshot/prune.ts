import type { Engines, Labels } from '../engine/index.js';
import { forAll, LABELS, removeEach, throwIfLeft, unfinishedState } from '../sandbox/index.js';
import { indexReference, SNAPSHOT_LABELS } from './labels.js';
import { removeImages, removeMemory } from './remove.js';

/** Removes what killed runs of snapshot, pull, import and rm left behind. @returns names of those snapshots */
export async function pruneSnapshots(engines: Engines): Promise<string[]> {
  const found = await forAll(engines.hosts, async (host) => {
    const engine = engines.on(host);
    const [images, work, volumes] = await Promise.all([
      engine.images.list({ [SNAPSHOT_LABELS.id]: '' }),
      engine.containers.list({ [SNAPSHOT_LABELS.role]: 'work' }),
      engine.volumes.list({ [SNAPSHOT_LABELS.id]: '' }),
    ]);
    return { engine, images, work, volumes };
  });
  // The index is on one host, and stands for the images on all.
  const complete = new Set(
    found
      .flatMap(({ images }) => images)
      .filter(({ labels }) => labels[SNAPSHOT_LABELS.role] === 'index')
      // On its way it has another name.
      .filter(({ references }) => references.some((reference) => reference.startsWith(indexReference(''))))
      .map(({ labels }) => labels[SNAPSHOT_LABELS.id]),
  );
  // Images that arrive name their first maker, who is long gone; the helper of a transfer under way names its own.
  const underWay = new Set(
    found
      .flatMap(({ work }) => work)
      .filter(({ labels }) => unfinishedState(labels) === 'creating')
      .map(({ labels }) => labels[SNAPSHOT_LABELS.id]),
  );
  const isDead = ({ labels }: { readonly labels: Labels }): boolean =>
    labels[SNAPSHOT_LABELS.id] !== '' && unfinishedState(labels) === 'error';
  const names = new Map<string, string>();
  const left = await forAll(found, async ({ engine, images, work, volumes }) => {
    const gone = images.filter((each) => isDead(each) && !underWay.has(each.labels[SNAPSHOT_LABELS.id]));
    const dead = gone.filter(({ labels }) => !complete.has(labels[SNAPSHOT_LABELS.id]));
    // Memory is in an image only while it travels, of a complete snapshot too.
    const travelled = gone.filter(({ labels }) => labels[SNAPSHOT_LABELS.role] === 'memory');
    for (const { labels } of dead) names.set(labels[SNAPSHOT_LABELS.id] ?? '', labels[SNAPSHOT_LABELS.name] ?? '');
    const memories = new Map(
      dead
        .filter(({ labels }) => (labels[LABELS.memory] ?? '') !== '')
        .map(({ labels }) => [labels[SNAPSHOT_LABELS.id] ?? '', labels[LABELS.memory] ?? '']),
    );
    // Of a complete snapshot a helping container may be left too.
    const helpers = work
      .filter(isDead)
      .map(({ id, name }) => ({ what: `container ${name}`, remove: () => engine.containers.remove(id) }));
    const isOurs = ({ labels }: { readonly labels: Labels }): boolean =>
      isDead({ labels }) && !underWay.has(labels[SNAPSHOT_LABELS.id]) && !complete.has(labels[SNAPSHOT_LABELS.id]);
    return [
      ...(await removeEach(helpers)),
      // Memory of what did not arrive.
      ...(await removeEach(
        volumes
          .filter(isOurs)
          .map(({ name }) => ({ what: `volume ${name}`, remove: () => engine.volumes.remove(name) })),
      )),
      ...(await removeEach(
        travelled.map(({ id }) => ({ what: `image ${id}`, remove: () => engine.images.remove(id) })),
      )),
      ...(await removeEach(
        [...memories].map(([id, volume]) => ({
          what: `memory of ${names.get(id)}`,
          remove: () => removeMemory(engines, engine, id, volume),
        })),
      )),
    ];
  });
  throwIfLeft(left.flat());
  await forAll([...names.keys()], (id) => removeImages(engines, id));
  return [...new Set(names.values())].filter((name) => name !== '');
}
