import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import type { Images } from '../../../../src/engine/index.js';
import type { Manifest } from '../../../../src/snapshot/index.js';

type Labels = Readonly<Record<string, string>>;

interface About {
  readonly index: string;
  readonly images: readonly { readonly reference: string; readonly id: string }[];
  readonly manifest: Manifest;
}

interface SavedLine {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** Entries of an exported file by name; each is content, or a header that is no file's. */
export type Entries = Map<string, Buffer | Partial<Header>>;

/** What a forger alters, with everything else adapted so that all digests are right. */
export interface Forgery {
  /** In the labels of the index, and in bdsandbox.json. */
  readonly manifest?: (manifest: Manifest) => object;
  readonly indexLabels?: (labels: Labels) => Labels;
  readonly nodeLabels?: (labels: Labels) => Labels;
  /** In bdsandbox.json alone. */
  readonly about?: (about: About) => object;
  readonly saved?: (lines: readonly SavedLine[]) => readonly object[];
  readonly entries?: (entries: Entries) => void;
}

export async function readEntriesOf(file: string): Promise<Entries> {
  const entries: Entries = new Map();
  const tar = Readable.from([zstdDecompressSync(await readFile(file))]).pipe(extract());
  for await (const entry of tar) entries.set(entry.header.name, await buffer(entry));
  entries.delete('checksums.json');
  return entries;
}

export function forge(original: Entries, forgery: Forgery): Entries {
  const entries: Entries = new Map(original);
  const about = json<About>(entries, 'bdsandbox.json');
  let lines = json<readonly SavedLine[]>(entries, 'images/manifest.json');
  const relabelled = (id: string, change: (labels: Labels) => Labels): string => {
    const config = `${id.replace('sha256:', '')}.json`;
    const content = json<{ config: { Labels: Labels } }>(entries, `images/${config}`);
    const altered = { ...content, config: { ...content.config, Labels: change(content.config.Labels) } };
    const text = Buffer.from(JSON.stringify(altered));
    const digest = sha256(text);
    entries.delete(`images/${config}`);
    entries.set(`images/${digest}.json`, text);
    lines = lines.map((line) => (line.Config === config ? { ...line, Config: `${digest}.json` } : line));
    return `sha256:${digest}`;
  };
  const nodes = about.manifest.nodes.map((node) => ({
    ...node,
    digest: relabelled(node.digest, forgery.nodeLabels ?? ((labels) => labels)),
  }));
  const manifest = (forgery.manifest ?? ((given) => given))({ ...about.manifest, nodes });
  const index = relabelled(about.index, (labels) => {
    const own = { ...labels, 'bdsandbox.snapshot.manifest': JSON.stringify(manifest) };
    return forgery.indexLabels?.(own) ?? own;
  });
  const images = about.images.map((image, at) => ({ ...image, id: at === 0 ? index : (nodes[at - 1]?.digest ?? '') }));
  const written = { ...about, index, images, manifest: manifest as Manifest };
  entries.set('bdsandbox.json', Buffer.from(JSON.stringify(forgery.about?.(written) ?? written)));
  entries.set('images/manifest.json', Buffer.from(JSON.stringify(forgery.saved?.(lines) ?? lines)));
  forgery.entries?.(entries);
  return entries;
}

export async function writeEntries(file: string, entries: Entries): Promise<void> {
  const tar = pack();
  const checksums: [string, string][] = [];
  for (const [name, content] of entries) {
    if (Buffer.isBuffer(content)) tar.entry({ name }, content);
    else tar.entry({ name, ...content });
    checksums.push([name, sha256(Buffer.isBuffer(content) ? content : (content.linkname ?? ''))]);
  }
  tar.entry({ name: 'checksums.json' }, JSON.stringify(Object.fromEntries(checksums)));
  tar.finalize();
  await writeFile(file, zstdCompressSync(await buffer(Readable.from(tar, { objectMode: false }))));
}

/** The images of forged entries in a registry, under the names that a pull asks for. */
export async function pushEntries(images: Images, registry: string, entries: Entries): Promise<void> {
  const about = json<About>(entries, 'bdsandbox.json');
  const [, ...nodes] = about.images;
  const tags = [`${registry}/bdsandbox/snapshot:bug`, ...nodes.map(({ reference }) => `${registry}/${reference}`)];
  const lines = json<readonly SavedLine[]>(entries, 'images/manifest.json').map((line) => {
    const at = about.images.findIndex(({ id }) => `${id.replace('sha256:', '')}.json` === line.Config);
    return { ...line, RepoTags: [tags[at]] };
  });
  const tar = pack();
  for (const [name, content] of entries) {
    if (name.startsWith('images/') && Buffer.isBuffer(content)) tar.entry({ name: name.slice(7) }, content);
  }
  tar.entry({ name: 'manifest.json' }, JSON.stringify(lines));
  tar.finalize();
  await images.load(Readable.from(tar, { objectMode: false }), {});
  for (const tag of tags) await images.push(tag, {});
}

function json<T>(entries: Entries, name: string): T {
  return JSON.parse(String(entries.get(name)));
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
