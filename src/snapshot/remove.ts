import type { Engine, Engines } from '../engine/index.js';
import { ConflictError, PartlyDoneError } from '../errors/index.js';
import { findSandboxes, forAll, LABELS, type Leftover, removeEach, throwIfLeft } from '../sandbox/index.js';
import { ownImage, runIn, withHelper, workLabels } from './helper.js';
import type { RemovableSnapshot } from './inventory.js';
import { GOLDEN_ID, indexReference, memoryVolume, NODE_IMAGES, PARENT_ID, SNAPSHOT_LABELS } from './labels.js';

const MEMORY_MOUNT = '/memory';

/** The helping containers of a run on every host. Idempotent. @throws PartlyDoneError naming what is left */
export async function removeWork(engines: Engines, id: string): Promise<void> {
  await onEveryHost(engines, `helping containers of ${id}`, async ({ containers }) => {
    const work = await containers.list({ [SNAPSHOT_LABELS.id]: id, [SNAPSHOT_LABELS.role]: 'work' });
    return removeEach(
      work.map((each) => ({ what: `container ${each.name}`, remove: () => containers.remove(each.id) })),
    );
  });
}

/**
 * Every image that carries the snapshot's id, on every host, its index first: without it there is no snapshot.
 * @throws PartlyDoneError naming what is left
 */
export async function removeImages(engines: Engines, id: string): Promise<void> {
  await onEveryHost(engines, `images of ${id}`, async ({ images }) => {
    const found = await images.list({ [SNAPSHOT_LABELS.id]: id });
    const things = (isIndex: boolean): { what: string; remove: () => Promise<void> }[] =>
      found
        .filter(({ labels }) => (labels[SNAPSHOT_LABELS.role] === 'index') === isIndex)
        .map(({ id: image, references }) => ({
          what: `image ${references.join(', ') || image}`,
          // One name after the other: an engine that is asked for two at once may refuse the second, and remove both.
          remove: async () => {
            for (const reference of references.length > 0 ? references : [image]) await images.remove(reference);
          },
        }));
    const left = await removeEach(things(true));
    return left.length > 0 ? left : removeEach(things(false));
  });
}

/** Tries all of it, whatever fails. */
async function onEveryHost(
  engines: Engines,
  what: string,
  remove: (engine: Engine) => Promise<Leftover[]>,
): Promise<void> {
  const left = await forAll(engines.hosts, (host) =>
    remove(engines.on(host)).catch((reason: unknown) => [{ what: `${what} on ${host}`, reason }]),
  );
  throwIfLeft(left.flat());
}

/**
 * Removes a snapshot: its name, its memory, its images. Layers that others stand on stay.
 * @throws ConflictError while a sandbox runs from it; PartlyDoneError when its name is gone, and something else is not
 */
export async function removeSnapshot(engines: Engines, snapshot: RemovableSnapshot): Promise<void> {
  const engine = engines.on(engines.home);
  // Asked for by an empty label the engine would name the images of every snapshot.
  if (snapshot.id === '') return engine.images.remove(indexReference(snapshot.name));
  const users = (await findSandboxes(engines)).filter(({ containers }) =>
    [PARENT_ID, GOLDEN_ID].some((label) => containers[0]?.summary.labels[label] === snapshot.id),
  );
  if (users.length > 0) {
    const names = users.map(({ sandbox }) => sandbox.name).join(', ');
    throw new ConflictError(
      `${names} ${users.length === 1 ? 'runs' : 'run'} from snapshot ${snapshot.name}`,
      `destroy first: bdsandbox destroy ${names.replaceAll(',', '')}`,
    );
  }
  await engine.images.remove(indexReference(snapshot.name));
  try {
    if (snapshot.memory) await removeMemory(engines, engine, snapshot.id, snapshot.memory.volume);
    await removeImages(engines, snapshot.id);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PartlyDoneError(
      `snapshot ${snapshot.name} is removed, but not all that belonged to it: ${reason}`,
      'run bdsandbox prune',
      { cause },
    );
  }
}

/** The memory images of one snapshot; the volume too, when neither its sandbox nor another snapshot needs it. */
export async function removeMemory(engines: Engines, engine: Engine, id: string, volume: string): Promise<void> {
  // It becomes a path below, and may come from the label of an image that somebody else made.
  if (!/^[0-9a-z-]+$/.test(id)) return;
  const volumes = await engine.volumes.list({});
  const known = volumes.find(({ name }) => name === volume);
  if (!known) return;
  // What came from elsewhere has a volume of its own.
  if (volume === memoryVolume(id)) return engine.volumes.remove(volume);
  const [sandboxes, images] = await Promise.all([
    findSandboxes(engines),
    engine.images.list({ [LABELS.memory]: volume }),
  ]);
  const arrived = new Set(volumes.flatMap(({ labels }) => labels[SNAPSHOT_LABELS.id] ?? []));
  const others = images.filter(({ labels }) => {
    const other = labels[SNAPSHOT_LABELS.id] ?? '';
    return other !== id && !arrived.has(other);
  });
  const sandbox = sandboxes.find(({ attempt }) => attempt === known.labels[LABELS.attempt]);
  if (!sandbox && others.length === 0) {
    await engine.volumes.remove(volume);
    return;
  }
  // Not of any image that names the volume: only what was made here may write to it. An index has no shell.
  const image =
    (await ownImage(engine)) ??
    sandbox?.containers[0]?.summary.image ??
    others.find(({ references }) => references.some((each) => each.startsWith(NODE_IMAGES)))?.id;
  if (image === undefined) return;
  await withHelper(
    engine,
    {
      name: `bds-remove.${id}`,
      image,
      labels: workLabels(id),
      mounts: [{ volume, path: MEMORY_MOUNT, readOnly: false }],
    },
    (container) => runIn(engine, container, `rm -rf ${MEMORY_MOUNT}/${id}`),
  );
}
