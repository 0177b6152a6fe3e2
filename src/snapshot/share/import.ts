import path from 'node:path';
import { Readable } from 'node:stream';
import { FailedError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import type { Manifest } from '../manifest.js';
import { ownSizes } from '../sizes.js';
import { arrive, isHere, readIndex } from './arrive.js';
import { readForeignManifest } from './check-manifest.js';
import { memoryEntry } from './file-format.js';
import { readEntries, type VerifiedFile, verifyFile } from './file-reader.js';
import { loadImages } from './load-images.js';
import { ensureVolume, unpack, unpackedNodes, withVolume } from './memory.js';
import { Meter, megabytes } from './meter.js';
import { reasonOf, type Work, workOf } from './work.js';

export interface ImportRequest {
  readonly file: string;
  /** Its name here; that in the file when absent. */
  readonly as?: string | undefined;
}

export interface ImportedSnapshot {
  /** Its name here. */
  readonly snapshot: string;
  readonly id: string;
  readonly mode: 'live' | 'cold';
  /** Absolute. */
  readonly file: string;
  /** It was here. */
  readonly already: boolean;
  /** What it takes here beyond the images that its nodes were made from; 0 when it was here. */
  readonly bytes: number;
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * Nothing is touched before the whole file is known to be sound. What a run that was killed left is used by the next.
 * @throws NotFoundError, FailedError when it is damaged or altered, ConflictError
 */
export async function importSnapshot(context: FlowContext, request: ImportRequest): Promise<ImportedSnapshot> {
  const where = path.resolve(request.file);
  if (request.as !== undefined) checkSandboxName(request.as);
  const engine = context.engines.on(context.engines.home);
  const flow = new Flow(
    `Import a snapshot from ${request.file}`,
    [
      { id: 'verify', title: 'Verify the file' },
      { id: 'index', title: 'Index' },
      { id: 'nodes', title: 'Nodes and their software' },
      { id: 'memory', title: 'Memory' },
    ],
    context.report,
  );
  const file = await flow
    .step('verify', (step) => verifyFile(where, context.signal, (bytes) => step.progress(`${megabytes(bytes)} read`)))
    .catch((error: unknown) => {
      throw reasonOf(error, context.signal, `import of ${where}`);
    });
  const said = readForeignManifest(JSON.stringify(file.about.manifest), where);
  const name = request.as ?? file.about.name;
  checkSandboxName(name);
  const work = workOf(engine, said.id, context);
  const done = { snapshot: name, id: said.id, mode: said.mode, file: where };
  if (await isHere(work, name)) return { ...done, already: true, bytes: 0, timings: flow.timings() };

  const reference = `bdsandbox/snapshot-arriving:${said.id.slice(0, 12)}`;
  const manifest = await flow.step('index', (step) =>
    loadIndex(context, work, file, reference, new Meter(step.progress)),
  );
  await arrive(context, work, { name, reference, manifest }, async () => {
    await flow.step('nodes', async (step) => {
      const nodes = manifest.nodes.map((node) => ({ id: node.digest, reference: node.image }));
      await loadImages(work, file, nodes, new Meter(step.progress).part('nodes'));
    });
    const { memory } = manifest;
    if (!memory) return flow.skip('memory', 'it was taken cold');
    await flow.step('memory', (step) => unpackAll(work, file, manifest, memory.volume, step.progress));
  });
  return { ...done, already: false, bytes: ownSizes(manifest).ownBytes, timings: flow.timings() };
}

/** First, and under a name that does not count: all else is claimed with it. */
async function loadIndex(
  context: FlowContext,
  work: Work,
  file: VerifiedFile,
  reference: string,
  meter: Meter,
): Promise<Manifest> {
  try {
    await loadImages(work, file, [{ id: file.about.index, reference }], meter.part('index'));
    return await readIndex(work, reference, file.path);
  } catch (error) {
    await work.engine.images.remove(reference).catch(() => undefined);
    throw reasonOf(error, context.signal, `import of ${file.path}`);
  }
}

async function unpackAll(
  work: Work,
  file: VerifiedFile,
  { nodes }: Manifest,
  volume: string,
  say: (detail: string) => void,
): Promise<void> {
  const [first] = nodes;
  await ensureVolume(work, volume);
  await withVolume(work, { name: 'import', image: first?.image ?? '', volume }, async (container) => {
    const unpacked = await unpackedNodes(work, container);
    const missing = new Map(
      nodes.filter(({ name }) => !unpacked.has(name)).map((node) => [memoryEntry(node.name), node]),
    );
    if (missing.size === 0) return;
    for await (const entry of readEntries(file.path, work.signal)) {
      const node = missing.get(entry.header.name);
      if (!node) {
        entry.resume();
        continue;
      }
      say(`${node.name}: ${megabytes(entry.header.size ?? 0)}`);
      await unpack(work, container, node, Readable.from(entry as AsyncIterable<Buffer>));
      missing.delete(entry.header.name);
    }
    const [lost] = missing.values();
    if (lost) throw new FailedError(`${file.path} has no memory of node ${lost.name}`, 'export the snapshot again');
  });
}
