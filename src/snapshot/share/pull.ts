import { Readable } from 'node:stream';
import { NotFoundError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import { withHelper } from '../helper.js';
import { indexReference, memoryReference } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { ownSizes } from '../sizes.js';
import { arrive, isHere, readIndex, verifyMemory, verifyNode } from './arrive.js';
import { mustBeNoGolden, refused } from './check-manifest.js';
import { eachEntry } from './each-entry.js';
import { mostMemory, newMemoryVolume, PACKED_FILE, type SnapshotNode, unpack, withVolume } from './memory.js';
import { Meter } from './meter.js';
import { firstThenTogether, pullRemote, remoteName, together } from './remote.js';
import { labelsOf, reasonOf, reserve, type Work, workOf } from './work.js';

export interface PullRequest {
  readonly name: string;
  /** HOST[:PORT] */
  readonly registry: string;
  /** Its name here; that in the registry when absent. */
  readonly as?: string | undefined;
  /** Whether its snapshots may be restored with their memory and with a node's rights, as those that were taken here. */
  readonly trusted?: boolean | undefined;
  /** Of the golden that is wanted; any other golden is refused. */
  readonly golden?: string | undefined;
}

export interface PulledSnapshot {
  /** Its name here. */
  readonly snapshot: string;
  readonly id: string;
  readonly registry: string;
  readonly mode: 'live' | 'cold';
  /** It was here, and nothing travelled. */
  readonly already: boolean;
  /** What it takes here beyond the images that its nodes were made from; 0 when it was here. */
  readonly bytes: number;
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * Its name is given at the end: what an interruption leaves is no snapshot, and is removed.
 * @throws NotFoundError when the registry has none, ConflictError, FailedError when it was altered, RegistryError, ...
 */
export async function pullSnapshot(context: FlowContext, request: PullRequest): Promise<PulledSnapshot> {
  const { registry } = request;
  const name = request.as ?? request.name;
  for (const each of [request.name, name]) checkSandboxName(each);
  const engine = context.engines.on(context.engines.home);
  const flow = new Flow(
    `Pull snapshot ${request.name} from ${registry}`,
    [
      { id: 'look', title: 'Look in the registry' },
      { id: 'nodes', title: 'Nodes' },
      { id: 'memory', title: 'Memory' },
    ],
    context.report,
  );
  const reference = remoteName(registry, indexReference(request.name));
  const manifest = await flow.step('look', () => getIndex(context, request, reference));
  const work = workOf(engine, manifest.id, context);
  const done = { snapshot: name, id: manifest.id, registry, mode: manifest.mode };
  if (await hereAlready(work, name, reference)) {
    return { ...done, already: true, bytes: 0, timings: flow.timings() };
  }
  work.brought.references.add(reference);
  const provenance = { origin: 'registry', trusted: request.trusted ?? false } as const;
  await arrive(context, work, { name, reference, manifest, ...provenance }, async () => {
    await flow.step('nodes', (step) => getNodes(work, manifest, registry, new Meter(step.progress)));
    if (!manifest.memory) return flow.skip('memory', 'it was taken cold');
    await flow.step('memory', (step) => getMemory(work, manifest, registry, new Meter(step.progress)));
  });
  return { ...done, already: false, bytes: ownSizes(manifest).ownBytes, timings: flow.timings() };
}

/** @throws RegistryUnreachableError, RegistryError, ... */
export async function isInRegistry(context: FlowContext, request: PullRequest): Promise<boolean> {
  const engine = context.engines.on(context.engines.home);
  const reference = remoteName(request.registry, indexReference(request.name));
  try {
    await getIndex(context, request, reference);
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
  await engine.images.remove(reference);
  return true;
}

async function getIndex(context: FlowContext, request: PullRequest, reference: string): Promise<Manifest> {
  const { name, registry } = request;
  const engine = context.engines.on(context.engines.home);
  try {
    await pullRemote({ engine, signal: context.signal }, reference);
  } catch (error) {
    if (error instanceof NotFoundError) {
      throw new NotFoundError(
        `${registry} has no snapshot ${name}`,
        `push it where it is: bdsandbox snapshots push ${name}`,
        { cause: error },
      );
    }
    throw reasonOf(error, context.signal, `pull of ${name}`);
  }
  try {
    const where = `snapshot ${name} in ${registry}`;
    const manifest = await readIndex({ engine }, reference, where);
    if (request.golden === undefined) mustBeNoGolden(manifest, request.as ?? name, where);
    else if (manifest.golden !== request.golden) throw refused(where, 'it is not the golden that it is called after');
    return manifest;
  } catch (error) {
    await engine.images.remove(reference).catch(() => undefined);
    throw error;
  }
}

/** Unless it is to arrive, its remote name goes. */
async function hereAlready(work: Work, name: string, reference: string): Promise<boolean> {
  try {
    const here = await isHere(work, name);
    if (here) await work.engine.images.remove(reference);
    return here;
  } catch (error) {
    await work.engine.images.remove(reference).catch(() => undefined);
    throw error;
  }
}

/**
 * They are looked at when all are here: an engine may finish what it was told to give up, and an image that comes after all
 * was removed would stay.
 */
async function getNodes(work: Work, manifest: Manifest, registry: string, meter: Meter): Promise<void> {
  const { images } = work.engine;
  const pulled: SnapshotNode[] = [];
  await firstThenTogether(work, manifest.nodes, async (node, within) => {
    // Of a pull that was killed.
    if ((await images.inspect(node.image))?.id === node.digest) return;
    const remote = remoteName(registry, node.image);
    await reserve(work, remote, node.digest);
    await pullRemote(within, remote, meter.part(node.name));
    pulled.push(node);
  });
  for (const node of pulled) {
    const remote = remoteName(registry, node.image);
    await verifyNode(work, node, manifest, remote);
    await images.tag(remote, node.image);
    await images.remove(remote);
  }
}

async function getMemory(work: Work, { nodes, id }: Manifest, registry: string, meter: Meter): Promise<void> {
  const volume = await newMemoryVolume(work);
  await withVolume(work, { fallback: nodes[0]?.digest ?? '', volume }, async (container) => {
    await together(work, nodes, async (node, within) => {
      const remote = remoteName(registry, memoryReference(id, node.name));
      await reserve(work, remote);
      await pullRemote(within, remote, meter.part(node.name));
      await verifyMemory(work, node, remote);
      await withFile(within, node, remote, (packed) => unpack(within, container, node, packed));
      await work.engine.images.remove(remote);
    });
  });
}

/** The packed memory out of its image: from a container that is never started. */
async function withFile(
  work: Work,
  node: SnapshotNode,
  image: string,
  use: (packed: Readable) => Promise<void>,
): Promise<void> {
  const spec = { name: `bds-packed.${work.id}.${node.name}`, image, labels: labelsOf(work) };
  await withHelper(work.engine, spec, async (container) => {
    const archive = await work.engine.containers.readArchive(container, PACKED_FILE);
    let found = false;
    await eachEntry(archive, async (entry) => {
      const { type, size = 0 } = entry.header;
      if (found || type !== 'file' || size > mostMemory(node)) {
        throw refused(`the memory of node ${node.name}`, 'it is not one file of the size that its manifest says');
      }
      found = true;
      await use(Readable.from(entry as AsyncIterable<Buffer>));
    });
  });
}
