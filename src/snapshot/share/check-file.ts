import { createHash } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { indexReference, SNAPSHOT_LABELS } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { checkLabels } from './check-images.js';
import { mustBeNoGolden, readForeignManifest, refused } from './check-manifest.js';
import { ABOUT, configSchema, IMAGES, memoryEntry, savedSchema } from './file-format.js';
import { parse, type VerifiedFile } from './file-reader.js';

/** An image of the file, by its id. */
export interface SavedImage {
  /** Entry of its config, without the prefix, as those of its layers. */
  readonly config: string;
  readonly layers: readonly { readonly digest: string; readonly file: string }[];
}

export interface CheckedFile extends VerifiedFile {
  readonly manifest: Manifest;
  readonly images: ReadonlyMap<string, SavedImage>;
}

/** Beside configs and layers `docker save` writes these; nobody reads them here, and nothing of them goes to the engine. */
const BOOKKEEPING = /^(manifest\.json|repositories|index\.json|oci-layout|[0-9a-f]{64}\/(json|VERSION))$/;

/**
 * Whether all parts of a file are one snapshot: its description, the manifest in the index's labels, the images, the
 * memory. Nothing of an engine is asked or touched.
 * @throws FailedError
 */
export function checkFile(file: VerifiedFile, here: string): CheckedFile {
  const { path: where, about } = file;
  const manifest = readForeignManifest(JSON.stringify(about.manifest), where);
  mustBeNoGolden(manifest, here, where);
  const images = savedImages(file);
  const index = images.get(about.index);
  if (!index) throw refused(where, `it has no image ${about.index}`);
  const labels = labelsOf(file, index);
  checkLabels(labels, 'index', manifest, where);
  const inIndex = readForeignManifest(labels[SNAPSHOT_LABELS.manifest] ?? '', where);
  if (!isDeepStrictEqual(inIndex, manifest)) {
    throw refused(where, 'its index is of another snapshot');
  }
  for (const { name, digest } of manifest.nodes) {
    const image = images.get(digest);
    if (!image) throw refused(where, `it has no image of node ${name}`);
    checkLabels(labelsOf(file, image), 'node', manifest, where);
  }
  mustBeListed(file, manifest, images);
  return { ...file, manifest, images };
}

function savedImages(file: VerifiedFile): Map<string, SavedImage> {
  const { path: where, small, links } = file;
  const lines = parse(where, savedSchema, String(small.get('manifest.json') ?? ''));
  return new Map(
    lines.map((line) => {
      const config = small.get(line.Config);
      if (!config) throw refused(where, `it has no ${line.Config}`);
      const { diff_ids: digests } = parse(where, configSchema, String(config)).rootfs;
      const layers = digests.map((digest, index) => {
        const entry = line.Layers[index] ?? '';
        const link = links.get(entry);
        return { digest, file: link === undefined ? entry : path.posix.join(path.posix.dirname(entry), link) };
      });
      return [`sha256:${createHash('sha256').update(config).digest('hex')}`, { config: line.Config, layers }] as const;
    }),
  );
}

function labelsOf({ path: where, small }: VerifiedFile, { config }: SavedImage): Readonly<Record<string, string>> {
  return parse(where, configSchema, String(small.get(config))).config?.Labels ?? {};
}

/** Each entry is one that a snapshot has, and each image is one of its own, by its own name. @throws FailedError */
function mustBeListed(
  { path: where, about, checksums, small, links }: VerifiedFile,
  { nodes, memory }: Manifest,
  images: ReadonlyMap<string, SavedImage>,
): void {
  const own = new Set([about.index, ...nodes.map(({ digest }) => digest)]);
  const strange = [...images.keys()].find((id) => !own.has(id));
  if (strange !== undefined) throw refused(where, `it has an image more, ${strange}`);
  const names = new Set<string>(nodes.map(({ image }) => image));
  const tags = parse(where, savedSchema, String(small.get('manifest.json'))).flatMap(({ RepoTags }) => RepoTags ?? []);
  const tag = tags.find((each) => !names.has(each) && !each.startsWith(indexReference('')));
  if (tag !== undefined) throw refused(where, `an image in it is called ${JSON.stringify(tag)}`);
  const files = [...images.values()].flatMap(({ config, layers }) => [config, ...layers.map((layer) => layer.file)]);
  const listed = new Set([
    ABOUT,
    ...files.map((each) => `${IMAGES}${each}`),
    ...[...links.keys()].map((each) => `${IMAGES}${each}`),
    ...nodes.map((node) => memoryEntry(node.name)),
  ]);
  const more = [...checksums.keys()].find((name) => !listed.has(name) && !isBookkeeping(name, checksums, small));
  if (more !== undefined) throw refused(where, `it has ${JSON.stringify(more)}, which no snapshot has`);
  const wrong = nodes.find(({ name }) => checksums.has(memoryEntry(name)) !== (memory !== null));
  if (wrong) throw refused(where, `the memory of node ${wrong.name} is ${memory ? 'not in it' : 'more than it has'}`);
}

/** Newer engines write their lists under the digests of their content. */
function isBookkeeping(
  name: string,
  checksums: ReadonlyMap<string, string>,
  small: ReadonlyMap<string, Buffer>,
): boolean {
  if (!name.startsWith(IMAGES)) return false;
  const entry = name.slice(IMAGES.length);
  if (BOOKKEEPING.test(entry)) return true;
  const blob = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(entry)?.[1];
  return blob !== undefined && small.has(entry) && checksums.get(name) === blob;
}
