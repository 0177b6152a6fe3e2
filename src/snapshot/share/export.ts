import path from 'node:path';
import { NotFoundError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import type { FlowContext } from '../../sandbox/index.js';
import { indexReference, SNAPSHOT_LABELS } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { intoFile, mustBeNew } from '../new-file.js';
import { eachEntry } from './each-entry.js';
import { ABOUT, type About, FORMAT, IMAGES, memoryEntry } from './file-format.js';
import type { Entry } from './file-reader.js';
import { SnapshotFileWriter } from './file-writer.js';
import { inspectEach } from './inspect-each.js';
import { PACKED_FILE, withPackedMemory } from './memory.js';
import { megabytes } from './meter.js';
import { warnOfFiles } from './push.js';
import { reasonOf, removeOwnWork, type Work, withClaim, workOf } from './work.js';

/** For lists, configs and the ends of entries. */
const SLACK_BYTES = 256 << 20;

export interface ExportRequest {
  readonly file: string;
  /** Replace a file of that name. */
  readonly force: boolean;
}

export interface ExportedSnapshot {
  readonly snapshot: string;
  readonly id: string;
  /** Absolute. */
  readonly file: string;
  /** Of the file. */
  readonly bytes: number;
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * The file has its name only once it is whole.
 * @throws ConflictError when there is one of that name, DiskFullError, FailedError when it cannot be written
 */
export async function exportSnapshot(
  context: FlowContext,
  manifest: Manifest,
  request: ExportRequest,
): Promise<ExportedSnapshot> {
  const file = path.resolve(request.file);
  const { name, id, memory } = manifest;
  await mustBeNew(file, request.force);
  const work = workOf(context.engines.on(context.engines.home), id, context);
  const flow = new Flow(
    `Export snapshot ${name}`,
    [{ id: 'images', title: 'Images' }, ...(memory ? [{ id: 'memory', title: 'Memory' }] : [])],
    context.report,
  );
  warnOfFiles(context, manifest);
  const claim = { names: [`bds-travel.${id}`], image: indexReference(name), what: `snapshot ${name}` };
  try {
    const bytes = await withClaim(work, claim, () => intoFile(file, (part) => writeFile(work, manifest, part, flow)));
    return { snapshot: name, id, file, bytes, timings: flow.timings() };
  } catch (error) {
    await removeOwnWork(work).catch(() => undefined);
    throw reasonOf(error, context.signal, `export of ${name}`);
  }
}

async function writeFile(work: Work, manifest: Manifest, target: string, flow: Flow): Promise<number> {
  const { nodes, memory } = manifest;
  let say: (detail: string) => void = () => undefined;
  const writer = new SnapshotFileWriter(target, work.signal, (bytes) => say(`${megabytes(bytes)} written`));
  try {
    await flow.step('images', async (step) => {
      say = step.progress;
      await writer.addText(ABOUT, JSON.stringify(await describe(work, manifest)));
      const saved = await work.engine.images.save(
        [indexReference(manifest.name), ...nodes.map(({ image }) => image)],
        work.signal ? { signal: work.signal } : {},
      );
      await eachEntry(saved, (entry) => addEntry(writer, entry, `${IMAGES}${entry.header.name}`));
    });
    if (memory) {
      await flow.step('memory', async (step) => {
        say = step.progress;
        for (const node of nodes) {
          step.progress(`packing ${node.name}`);
          await withPackedMemory(work, memory.volume, node, async (container) => {
            const archive = await work.engine.containers.readArchive(container, PACKED_FILE);
            await eachEntry(archive, (entry) => addEntry(writer, entry, memoryEntry(node.name)));
          });
        }
      });
    }
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function describe({ engine }: Work, manifest: Manifest): Promise<About> {
  const references = [indexReference(manifest.name), ...manifest.nodes.map(({ image }) => image)];
  const found = await inspectEach(engine, references);
  const images = references.map((reference, index) => {
    const image = found[index];
    if (!image)
      throw new NotFoundError(`image ${reference} of the snapshot is gone`, 'remove the snapshot, take another');
    return { reference, id: image.id, layers: [...image.layers] };
  });
  const imageBytes = found.reduce((sum, image) => sum + (image?.sizeBytes ?? 0), 0);
  // Small files take more in a tar; a memory image hardly does.
  const bytes = 2 * imageBytes + 2 * (manifest.memory?.bytes ?? 0) + SLACK_BYTES;
  // As it is in the index: what it is called here, and where its memory is here, is nobody's business.
  const written: About['manifest'] = JSON.parse(found[0]?.labels[SNAPSHOT_LABELS.manifest] ?? '{}');
  return { format: FORMAT, name: manifest.name, index: images[0]?.id ?? '', images, bytes, manifest: written };
}

async function addEntry(writer: SnapshotFileWriter, entry: Entry, name: string): Promise<void> {
  const { type, linkname, size = 0 } = entry.header;
  if (type === 'file' || type === 'contiguous-file') {
    await writer.add(name, size, entry as AsyncIterable<Buffer>);
    return;
  }
  if (type === 'symlink') await writer.addLink(name, linkname ?? '');
  entry.resume();
}
