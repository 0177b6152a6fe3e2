import type { Readable } from 'node:stream';
import { LABELS } from '../../sandbox/index.js';
import { runIn, withHelper } from '../helper.js';
import { memoryReference, SNAPSHOT_LABELS } from '../labels.js';
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
    name: `bds-pack.${id.slice(0, 12)}.${node.name}`,
    image: node.image,
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

/** The volume, made unless it is there: a snapshot of the same sandbox may have it already. */
export async function ensureVolume(work: Work, volume: string): Promise<void> {
  const { id, creator } = work;
  const { [LABELS.deadline]: deadline = '' } = labelsOf(work);
  await work.engine.volumes.create({
    name: volume,
    // Of no sandbox: it goes when the last image that names it goes.
    labels: { [LABELS.attempt]: id, [LABELS.creator]: creator, [LABELS.deadline]: deadline },
  });
}

/** A container with the volume, of an image that is or has the packed memory. */
export async function withVolume<T>(
  work: Work,
  spec: { readonly name: string; readonly image: string; readonly volume: string },
  use: (container: string) => Promise<T>,
): Promise<T> {
  const name = `bds-unpack.${work.id.slice(0, 12)}.${spec.name}`;
  const mounts = [{ volume: spec.volume, path: MOUNT, readOnly: false }];
  return withHelper(work.engine, { name, image: spec.image, labels: labelsOf(work), mounts }, use);
}

/** Nodes whose memory is there, whole: from a run before that was killed. */
export async function unpackedNodes({ engine, id, signal }: Work, container: string): Promise<Set<string>> {
  const script = `[[ ! -d ${MOUNT}/${id} ]] || ls ${MOUNT}/${id}`;
  return new Set((await runIn(engine, container, script, signal)).split('\n').filter((name) => name !== ''));
}

/** Under its own name only once it is whole. @param packed the file of the container's image when absent */
export async function unpack(
  { engine, id, signal }: Work,
  container: string,
  node: SnapshotNode,
  packed?: Readable,
): Promise<void> {
  const part = `${MOUNT}/${id}/.${node.name}.part`;
  const script = `rm -rf ${part}
mkdir -p ${part}
zstd -dcq ${packed ? '' : `${PACKED_FILE} `}| tar -C ${part} -x
rm -rf ${MOUNT}/${id}/${node.name}
mv ${part} ${MOUNT}/${id}/${node.name}`;
  await runIn(engine, container, script, signal, packed);
}
