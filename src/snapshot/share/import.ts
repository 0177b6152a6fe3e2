import { createHash } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ConflictError, FailedError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import { arrivingReference, indexReference } from '../labels.js';
import { foreignMark } from '../provenance.js';
import { ownSizes } from '../sizes.js';
import { arrive, isHere } from './arrive.js';
import { type CheckedFile, checkFile } from './check-file.js';
import { memoryEntry } from './file-format.js';
import { type Entry, readEntries, verifyFile } from './file-reader.js';
import { loadImages } from './load-images.js';
import { newMemoryVolume, unpack, withVolume } from './memory.js';
import { Meter, megabytes } from './meter.js';
import { mustBeFree, reasonOf, removeBrought, reserve, type Work, workOf } from './work.js';

export interface ImportRequest {
  readonly file: string;
  /** Its name here; that in the file when absent. */
  readonly as?: string | undefined;
  /** Restore it with its memory and with a node's rights, as one that was taken here. */
  readonly trust?: boolean | undefined;
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
 * Nothing is touched before the whole file is known to be sound, and all its parts to be one snapshot. Images that a run
 * left which was killed are used by the next.
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
  const checked = checkFile(file, request.as ?? file.about.name);
  const { manifest } = checked;
  const name = request.as ?? file.about.name;
  checkSandboxName(name);
  const { id, mode } = manifest;
  const work = workOf(engine, id, context);
  const done = { snapshot: name, id, mode, file: where };
  const { index } = file.about;
  if (await isHere(work, name)) {
    if (request.trust) await trust(work, name, index);
    return { ...done, already: true, bytes: 0, timings: flow.timings() };
  }
  const reference = arrivingReference(index);
  await flow.step('index', (step) => loadIndex(context, work, checked, reference, new Meter(step.progress)));
  const provenance = { origin: 'file', trusted: request.trust ?? false } as const;
  await arrive(context, work, { name, reference, manifest, ...provenance }, async () => {
    await flow.step('nodes', async (step) => {
      const nodes = manifest.nodes.map((node) => ({ id: node.digest, reference: node.image }));
      await loadImages(work, checked, nodes, new Meter(step.progress).part('nodes'));
    });
    if (!manifest.memory) return flow.skip('memory', 'it was taken cold');
    await flow.step('memory', (step) => unpackAll(work, checked, step.progress));
  });
  return { ...done, already: false, bytes: ownSizes(manifest).ownBytes, timings: flow.timings() };
}

/** Of one that is here: it must be what is in the file, and not another that only says its id. @throws ConflictError */
async function trust({ engine, id }: Work, name: string, index: string): Promise<void> {
  const here = await engine.images.inspect(indexReference(name));
  if (here?.id !== index) {
    throw new ConflictError(
      `the snapshot ${name} here is another than that in the file, with its id`,
      `remove the one that is here, then import it again: bdsandbox snapshots rm ${name}`,
    );
  }
  await engine.images.remove(foreignMark(id));
}

/** First, and under a name that does not count: all else is claimed with it. */
async function loadIndex(
  context: FlowContext,
  work: Work,
  file: CheckedFile,
  reference: string,
  meter: Meter,
): Promise<void> {
  try {
    const { index } = file.about;
    for (const { image, digest } of file.manifest.nodes) await mustBeFree(work, image, digest);
    await reserve(work, reference, index);
    await loadImages(work, file, [{ id: index, reference }], meter.part('index'));
  } catch (error) {
    await removeBrought(work).catch(() => undefined);
    throw reasonOf(error, context.signal, `import of ${file.path}`);
  }
}

async function unpackAll(work: Work, file: CheckedFile, say: (detail: string) => void): Promise<void> {
  const { nodes } = file.manifest;
  const missing = new Map(nodes.map((node) => [memoryEntry(node.name), node]));
  const volume = await newMemoryVolume(work);
  await withVolume(work, { fallback: nodes[0]?.digest ?? '', volume }, async (container) => {
    for await (const entry of readEntries(file.path, work.signal)) {
      const { name, size = 0 } = entry.header;
      const node = missing.get(name);
      if (!node) {
        entry.resume();
        continue;
      }
      say(`${node.name}: ${megabytes(size)}`);
      await unpack(work, container, node, Readable.from(asVerified(file, entry)));
      missing.delete(name);
    }
    const [lost] = missing.values();
    if (lost) throw new FailedError(`${file.path} has no memory of node ${lost.name}`, 'export the snapshot again');
  });
}

/** Read for the second time: it must still be what it was when it was checked. */
async function* asVerified({ path: where, checksums }: CheckedFile, entry: Entry): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of entry as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') === checksums.get(entry.header.name)) return;
  throw new FailedError(`${where} has changed while it was read`, 'import it again');
}
