import type { Readable } from 'node:stream';
import { ConflictError } from '../../errors/index.js';
import { LABELS } from '../../sandbox/index.js';
import { ownImage, runIn, withHelper } from '../helper.js';
import { memoryReference, memoryVolume, SNAPSHOT_LABELS } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { labelsOf, type Work } from './work.js';

const MOUNT = '/memory';
/** In a memory image, and in the container that packs. */
export const PACKED_FILE = '/var/lib/bdsandbox/packed/memory.tar.zst';

export type SnapshotNode = Manifest['nodes'][number];

/**
 * A node's memory as one file at PACKED_FILE in a container of the node's image, while `use` lasts. Level 1: a fifth of
 * the bytes at the speed of the disk; higher levels win little and cost much.
 */
export async function withPackedMemory<T>(
  work: Work,
  volume: string,
  node: SnapshotNode,
  use: (container: string, bytes: number) => Promise<T>,
): Promise<T> {
  const { engine, id, signal } = work;
  const spec = {
    name: `bds-pack.${id}.${node.name}`,
    image: node.digest,
    labels: labelsOf(work),
    mounts: [{ volume, path: MOUNT, readOnly: true }],
  };
  return withHelper(engine, spec, async (container) => {
    const script = `mkdir -p ${PACKED_FILE.replace(/\/[^/]*$/, '')}
tar -C ${MOUNT}/${id}/${node.name} -c . | zstd -1 -T0 -q -o ${PACKED_FILE}
stat -c %s ${PACKED_FILE}`;
    const bytes = Number((await runIn(engine, container, script, signal)).trim());
    signal?.throwIfAborted();
    return use(container, bytes);
  });
}

/** As an image of its own: the node's, and a layer with its memory. @returns packed bytes */
export async function packIntoImage(work: Work, manifest: Manifest, volume: string, node: SnapshotNode) {
  return withPackedMemory(work, volume, node, async (container, bytes) => {
    await work.engine.containers.commit(container, {
      reference: memoryReference(work.id, node.name),
      labels: {
        ...labelsOf(work),
        [LABELS.memory]: volume,
        [SNAPSHOT_LABELS.name]: manifest.name,
        [SNAPSHOT_LABELS.role]: 'memory',
      },
      pause: false,
    });
    return bytes;
  });
}

export async function removeMemoryImages({ engine, id }: Work): Promise<void> {
  const images = await engine.images.list({ [SNAPSHOT_LABELS.id]: id, [SNAPSHOT_LABELS.role]: 'memory' });
  for (const image of images) {
    for (const reference of image.references.length > 0 ? image.references : [image.id])
      await engine.images.remove(reference);
  }
}

/**
 * A new volume, which nothing but this run writes to. One that is there is of a run that was killed: what is in it nobody
 * can tell. @throws ConflictError when it is somebody else's
 */
export async function newMemoryVolume(work: Work): Promise<string> {
  const { id, creator, engine, brought } = work;
  const name = memoryVolume(id);
  const there = (await engine.volumes.list({})).find((volume) => volume.name === name);
  if (there && there.labels[SNAPSHOT_LABELS.id] !== id) {
    throw new ConflictError(
      `a volume ${name} is here, and not of bdsandbox`,
      `look at it: docker volume inspect ${name}`,
    );
  }
  brought.volumes.add(name);
  if (there) await engine.volumes.remove(name);
  const { [LABELS.deadline]: deadline = '' } = labelsOf(work);
  // Of no sandbox: it goes with the snapshot.
  await engine.volumes.create({
    name,
    labels: { [SNAPSHOT_LABELS.id]: id, [LABELS.creator]: creator, [LABELS.deadline]: deadline },
  });
  return name;
}

/** A container with the volume and without rights, of an image that was not brought along where there is one. */
export async function withVolume<T>(
  work: Work,
  spec: { readonly fallback: string; readonly volume: string },
  use: (container: string) => Promise<T>,
): Promise<T> {
  const { engine, id } = work;
  const image = (await ownImage(engine)) ?? spec.fallback;
  const mounts = [{ volume: spec.volume, path: MOUNT, readOnly: false }];
  return withHelper(engine, { name: `bds-unpack.${id}`, image, labels: labelsOf(work), mounts }, use);
}

/** Memory images are some thousand files; a tar adds a kilobyte to each. */
const SLACK_BYTES = 64 << 20;

/** The most that the memory of a node has, unpacked. */
export function mostMemory({ memoryBytes }: SnapshotNode): number {
  return Math.ceil(memoryBytes * 1.1) + SLACK_BYTES;
}

/**
 * Under its own name only once it is whole, not more than the manifest says, and nothing but files and folders: it is
 * mounted into nodes later.
 * @throws FailedError
 */
export async function unpack(
  { engine, id, signal }: Work,
  container: string,
  node: SnapshotNode,
  packed: Readable,
): Promise<void> {
  await runIn(engine, container, unpackScript(`${MOUNT}/${id}`, node), signal, packed);
}

/** @param folder of the snapshot */
export function unpackScript(folder: string, node: SnapshotNode): string {
  const part = `${folder}/.${node.name}.part`;
  return `rm -rf ${part}
mkdir -p ${part}
zstd -dcq | head -c ${mostMemory(node)} | tar -C ${part} --no-same-owner --no-same-permissions -x ||
  { echo "it is no memory image, or larger than its manifest says" >&2; exit 1; }
strange=$(find ${part} -type f -links +1 -print -quit -o ! -type f ! -type d -print -quit)
[[ -z $strange ]] || { echo "it has more than files: a link or a device" >&2; rm -rf ${part}; exit 1; }
mv ${part} ${folder}/${node.name}`;
}
