import type { Engine, Engines } from '../engine/index.js';
import { ConflictError } from '../errors/index.js';
import { findSandboxes, forAll, LABELS } from '../sandbox/index.js';
import { runIn, withHelper, workLabels } from './helper.js';
import { indexReference, PARENT_ID, SNAPSHOT_LABELS } from './labels.js';
import type { Manifest } from './manifest.js';

const MEMORY_MOUNT = '/memory';

/** The helping containers of a run on every host. Idempotent. */
export async function removeWork(engines: Engines, id: string): Promise<void> {
  await forAll(engines.hosts, async (host) => {
    const { containers } = engines.on(host);
    const work = await containers.list({ [SNAPSHOT_LABELS.id]: id, [SNAPSHOT_LABELS.role]: 'work' });
    await forAll(work, (each) => containers.remove(each.id));
  });
}

/** Every image that carries the snapshot's id, on every host, its index first: without it there is no snapshot. */
export async function removeImages(engines: Engines, id: string): Promise<void> {
  await forAll(engines.hosts, async (host) => {
    const { images } = engines.on(host);
    const found = await images.list({ [SNAPSHOT_LABELS.id]: id });
    const rank = (role: string | undefined): number => (role === 'index' ? 0 : 1);
    const ordered = found.toSorted(
      (a, b) => rank(a.labels[SNAPSHOT_LABELS.role]) - rank(b.labels[SNAPSHOT_LABELS.role]),
    );
    for (const image of ordered) {
      for (const reference of image.references.length > 0 ? image.references : [image.id])
        await images.remove(reference);
    }
  });
}

/**
 * Removes a snapshot: its name, its memory, its images. Layers that others stand on stay.
 * @throws ConflictError while a sandbox runs from it
 */
export async function removeSnapshot(engines: Engines, snapshot: Manifest): Promise<void> {
  const engine = engines.on(engines.home);
  const users = (await findSandboxes(engines)).filter(
    ({ containers }) => containers[0]?.summary.labels[PARENT_ID] === snapshot.id,
  );
  if (users.length > 0) {
    const names = users.map(({ sandbox }) => sandbox.name).join(', ');
    throw new ConflictError(
      `${names} ${users.length === 1 ? 'runs' : 'run'} from snapshot ${snapshot.name}`,
      `destroy first: bdsandbox destroy ${names.replaceAll(',', '')}`,
    );
  }
  await engine.images.remove(indexReference(snapshot.name));
  if (snapshot.memory) await removeMemory(engines, engine, snapshot.id, snapshot.memory.volume);
  await removeImages(engines, snapshot.id);
}

/** The memory images of one snapshot; the volume too, when neither its sandbox nor another snapshot needs it. */
export async function removeMemory(engines: Engines, engine: Engine, id: string, volume: string): Promise<void> {
  const [known] = (await engine.volumes.list({})).filter(({ name }) => name === volume);
  if (!known) return;
  const [sandboxes, images] = await Promise.all([
    findSandboxes(engines),
    engine.images.list({ [LABELS.memory]: volume }),
  ]);
  const others = images.filter(({ labels }) => labels[SNAPSHOT_LABELS.id] !== id);
  const lives = sandboxes.some(({ attempt }) => attempt === known.labels[LABELS.attempt]);
  if (!lives && others.length === 0) {
    await engine.volumes.remove(volume);
    return;
  }
  const image = images[0]?.id ?? sandboxes[0]?.containers[0]?.summary.image;
  if (image === undefined) return;
  await withHelper(
    engine,
    {
      name: `bds-remove.${id.slice(0, 12)}`,
      image,
      labels: workLabels(id),
      mounts: [{ volume, path: MEMORY_MOUNT, readOnly: false }],
    },
    (container) => runIn(engine, container, `rm -rf ${MEMORY_MOUNT}/${id}`),
  );
}
