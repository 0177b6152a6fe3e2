import { NotFoundError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import { indexReference, memoryReference } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { ownSizes } from '../sizes.js';
import { arrive, isHere, readIndex, verifyMemory, verifyNode } from './arrive.js';
import { ensureVolume, removeMemoryImages, type SnapshotNode, unpack, unpackedNodes, withVolume } from './memory.js';
import { Meter } from './meter.js';
import { firstThenTogether, pullRemote, remoteName, together } from './remote.js';
import { reasonOf, type Work, workOf } from './work.js';

export interface PullRequest {
  readonly name: string;
  /** HOST[:PORT] */
  readonly registry: string;
  /** Its name here; that in the registry when absent. */
  readonly as?: string | undefined;
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
  await arrive(context, work, { name, reference, manifest }, async () => {
    await flow.step('nodes', (step) => getNodes(work, manifest, registry, new Meter(step.progress)));
    const { memory } = manifest;
    if (!memory) return flow.skip('memory', 'it was taken cold');
    await flow.step('memory', (step) => getMemory(work, manifest, memory.volume, registry, new Meter(step.progress)));
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
    return await readIndex({ engine }, reference, `snapshot ${name} in ${registry}`);
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
async function getNodes(work: Work, { nodes }: Manifest, registry: string, meter: Meter): Promise<void> {
  const { images } = work.engine;
  const pulled: Manifest['nodes'][number][] = [];
  await firstThenTogether(work, nodes, async (node, within) => {
    // Of a pull that was killed.
    if ((await images.inspect(node.image))?.id === node.digest) return;
    await pullRemote(within, remoteName(registry, node.image), meter.part(node.name));
    pulled.push(node);
  });
  for (const node of pulled) {
    const remote = remoteName(registry, node.image);
    await verifyNode(work, node, remote);
    await images.tag(remote, node.image);
    await images.remove(remote);
  }
}

async function getMemory(
  work: Work,
  manifest: Manifest,
  volume: string,
  registry: string,
  meter: Meter,
): Promise<void> {
  const { nodes, id } = manifest;
  const unpacked = await whatIsUnpacked(work, nodes, volume);
  await ensureVolume(work, volume);
  const missing = nodes.filter(({ name }) => !unpacked.has(name));
  await together(work, missing, async (node, within) => {
    const remote = remoteName(registry, memoryReference(id, node.name));
    await pullRemote(within, remote, meter.part(node.name));
    await verifyMemory(work, node, remote);
    await withVolume(within, { name: node.name, image: remote, volume }, (container) =>
      unpack(within, container, node),
    );
    await work.engine.images.remove(remote);
  });
  await removeMemoryImages(work);
}

async function whatIsUnpacked(work: Work, [first]: readonly SnapshotNode[], volume: string): Promise<Set<string>> {
  const volumes = await work.engine.volumes.list({});
  if (!first || !volumes.some(({ name }) => name === volume)) return new Set();
  return withVolume(work, { name: 'look', image: first.image, volume }, (container) => unpackedNodes(work, container));
}
