import type { Readable } from 'node:stream';
import { EngineFailedError, NotFoundError } from '../../errors/index.js';
import type { Images } from '../port.js';
import { type MemoryImage, readConfig } from './image.js';
import { chainOf, layerOf, type MemoryLayer, sha256, stack } from './layers.js';
import { packTar, streamOf, type TarEntry, unpackTar } from './tar.js';
import { imageOf, nameImage, type World, withTag } from './world.js';

/** A line of manifest.json, as docker save writes it. */
interface ManifestLine {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** @see Images.save */
export function saveImages(world: World, references: readonly string[], signal: AbortSignal | undefined): Readable {
  signal?.throwIfAborted();
  const entries = new Map<string, string | Buffer>();
  const lines = new Map<string, ManifestLine>();
  for (const reference of references) {
    const image = imageOf(world, reference);
    if (!image) throw new NotFoundError(`cannot save ${reference}: No such image`, 'build or pull it first');
    const config = `${hex(image.id)}.json`;
    entries.set(config, image.config);
    for (const { digest, tar } of image.layers) {
      entries.set(`${hex(digest)}/`, '');
      entries.set(layerPath(digest), tar);
    }
    const named = image.references.has(withTag(reference)) ? [withTag(reference)] : [];
    const tags = [...(lines.get(config)?.RepoTags ?? []), ...named];
    const layers = image.layers.map(({ digest }) => layerPath(digest));
    lines.set(config, { Config: config, RepoTags: tags.length > 0 ? tags : null, Layers: layers });
  }
  entries.set('manifest.json', JSON.stringify([...lines.values()]));
  // By name, as the engine writes it: who reads the stream meets the manifest at the end.
  const sorted: TarEntry[] = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => ({ name, content: Buffer.from(content) }));
  return streamOf(packTar(sorted), signal);
}

/** All or nothing, in contrast to a real engine, which keeps what came before a bad image. @see Images.load */
export async function loadImages(
  world: World,
  tar: Readable,
  { onProgress, signal }: Parameters<Images['load']>[1],
): Promise<void> {
  const unpacked = await unpackTar(tar, { action: 'load images', signal });
  const files = new Map(unpacked.map(({ name, content }) => [name, content]));
  const known = knownLayers(world);
  const loaded: { readonly image: MemoryImage; readonly tags: readonly string[] }[] = [];
  let fresh = 0;
  for (const line of manifestOf(files)) {
    const config = textOf(files, line.Config);
    const { digests, createdAt, ...content } = readConfig(config);
    const layers = digests.map((digest, index): MemoryLayer => {
      const chain = chainOf(digests.slice(0, index + 1));
      const here = known.get(chain);
      if (here) return here;
      const path = line.Layers[index] ?? '';
      const bytes = files.get(path);
      if (!bytes) throw refused(`open ${path}: no such file or directory`);
      const layer = layerOf(bytes);
      if (layer.digest !== digest) {
        throw refused(`invalid diffID for layer ${index}: expected "${digest}", got "${layer.digest}"`);
      }
      known.set(chain, layer);
      fresh += 1;
      onProgress?.({ message: `layer ${fresh}`, doneBytes: bytes.length, totalBytes: bytes.length });
      return layer;
    });
    const id = sha256(config);
    // A real engine gives an altered config another id, without a word. No test wants that to pass unseen.
    if (`${hex(id)}.json` !== line.Config) throw refused(`config ${line.Config} was altered: its digest is ${id}`);
    const references = new Set<string>();
    const image = { ...content, id, references, layers, config, createdAt, files: await stack(layers) };
    loaded.push({ image, tags: line.RepoTags ?? [] });
  }
  signal?.throwIfAborted();
  for (const { image, tags } of loaded) {
    const kept = world.images.get(image.id) ?? image;
    world.images.set(kept.id, kept);
    for (const tag of tags) {
      nameImage(world, kept, tag);
      onProgress?.({ message: `Loaded image: ${tag}` });
    }
  }
}

function knownLayers(world: World): Map<string, MemoryLayer> {
  const known = new Map<string, MemoryLayer>();
  for (const { layers } of world.images.values()) {
    const digests = layers.map(({ digest }) => digest);
    for (const [index, layer] of layers.entries()) known.set(chainOf(digests.slice(0, index + 1)), layer);
  }
  return known;
}

function manifestOf(files: ReadonlyMap<string, Buffer>): readonly ManifestLine[] {
  try {
    return JSON.parse(textOf(files, 'manifest.json'));
  } catch (error) {
    throw error instanceof EngineFailedError ? error : refused('manifest.json is not JSON');
  }
}

function textOf(files: ReadonlyMap<string, Buffer>, name: string): string {
  const content = files.get(name);
  if (content) return content.toString('utf8');
  throw refused(`open ${name}: no such file or directory`);
}

function refused(reason: string): EngineFailedError {
  return new EngineFailedError(`cannot load images: ${reason}`, 'save the images again');
}

function layerPath(digest: string): string {
  return `${hex(digest)}/layer.tar`;
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
