import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { OnProgress } from '../../engine/index.js';
import { FailedError } from '../../errors/index.js';
import { IMAGE_LABELS } from '../../images/index.js';
import type { CheckedFile } from './check-file.js';
import { IMAGES } from './file-format.js';
import { readEntries } from './file-reader.js';
import { inspectEach } from './inspect-each.js';
import type { Work } from './work.js';

export interface WantedImage {
  readonly id: string;
  /** Its name here. */
  readonly reference: string;
}

interface Part {
  readonly reference: string;
  readonly config: string;
  readonly layers: readonly { readonly file: string; readonly chain: string }[];
}

/**
 * Puts images of the file into the engine, under the wanted names alone, and of their layers only those that it does not
 * have. Nobody else may have these names (see reserve).
 * @throws FailedError when one of them is another image than the file says
 */
export async function loadImages(
  work: Work,
  file: CheckedFile,
  wanted: readonly WantedImage[],
  onProgress: OnProgress,
): Promise<void> {
  const missing = await absent(work, wanted);
  if (missing.length === 0) return;
  const parts = partsOf(file, missing);
  const known = await knownChains(work);
  const files = new Set(
    parts.flatMap(({ layers }) => layers.filter(({ chain }) => !known.has(chain)).map((l) => l.file)),
  );
  await load(work, file, { parts, files }, onProgress);
  const [wrong] = await absent(work, missing);
  if (wrong === undefined) return;
  throw new FailedError(`${file.path} was altered: image ${wrong.reference} is another`, 'export the snapshot again');
}

async function absent({ engine }: Work, wanted: readonly WantedImage[]): Promise<WantedImage[]> {
  const here = await inspectEach(
    engine,
    wanted.map(({ reference }) => reference),
  );
  return wanted.filter(({ id }, index) => here[index]?.id !== id);
}

interface ThinTar {
  readonly parts: readonly Part[];
  /** Of layers. */
  readonly files: ReadonlySet<string>;
}

async function load(work: Work, file: CheckedFile, thin: ThinTar, onProgress: OnProgress): Promise<void> {
  const { engine, signal } = work;
  const tar = new PassThrough();
  // Given up by cutting the tar off: an engine that has all of it would go on, and bring images after our clean-up.
  const fed = feed(file, thin, tar, signal);
  const loaded = engine.images.load(tar, { onProgress }).finally(() => tar.destroy());
  const [feeding, loading] = await Promise.allSettled([fed, loaded]);
  signal?.throwIfAborted();
  if (loading.status === 'rejected') throw loading.reason;
  if (feeding.status === 'rejected') throw feeding.reason;
}

async function feed(file: CheckedFile, { parts, files }: ThinTar, into: PassThrough, signal: AbortSignal | undefined) {
  const tar = pack();
  const left = new Set(files);
  const sent = pipeline(tar, into);
  sent.catch(() => undefined);
  const orEnd = (entry: Promise<void>): Promise<void> => {
    entry.catch(() => undefined);
    return Promise.race([entry, sent]);
  };
  try {
    for await (const entry of readEntries(file.path, signal)) {
      if (left.size === 0) break;
      const name = entry.header.name.slice(IMAGES.length);
      if (!entry.header.name.startsWith(IMAGES) || !left.delete(name)) {
        entry.resume();
        continue;
      }
      const { size = 0 } = entry.header;
      await orEnd(pipeline(entry as AsyncIterable<Buffer>, tar.entry({ name, size })));
    }
    const add = (name: string, content: string | Buffer): void => {
      // A failure ends `sent` too; one that nobody listens to would end the process.
      tar.entry({ name }, content).on('error', () => undefined);
    };
    for (const { config } of parts) add(config, file.small.get(config) ?? '');
    const lines = parts.map(({ reference, config, layers }) => ({
      Config: config,
      RepoTags: [reference],
      Layers: layers.map((layer) => layer.file),
    }));
    add('manifest.json', JSON.stringify(lines));
    tar.finalize();
    await sent;
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)));
    tar.destroy();
    throw error;
  }
}

function partsOf({ path: where, images }: CheckedFile, wanted: readonly WantedImage[]): Part[] {
  return wanted.map(({ id, reference }) => {
    const image = images.get(id);
    if (!image) throw new FailedError(`${where} was altered: it has no image ${id}`, 'export the snapshot again');
    const digests = image.layers.map(({ digest }) => digest);
    const layers = image.layers.map(({ file }, index) => ({ file, chain: chainOf(digests.slice(0, index + 1)) }));
    return { reference, config: image.config, layers };
  });
}

/** Of every layer upon those below it that an image of ours has. */
async function knownChains({ engine }: Work): Promise<Set<string>> {
  const known = new Set<string>();
  const images = await engine.images.list({ [IMAGE_LABELS.kind]: '' });
  for (const image of await inspectEach(
    engine,
    images.map(({ id }) => id),
  )) {
    const layers = image?.layers ?? [];
    for (const index of layers.keys()) known.add(chainOf(layers.slice(0, index + 1)));
  }
  return known;
}

function chainOf(digests: readonly string[]): string {
  return digests.join(' ');
}
