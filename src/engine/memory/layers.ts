import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { FileTree } from './file-tree.js';
import { packTar, type TarEntry, unpackTar } from './tar.js';

/** How a layer says that a file of a lower one is gone: an empty file with this before its name. */
const GONE = '.wh.';

export interface MemoryLayer {
  /** sha256:... of the tar. */
  readonly digest: string;
  readonly tar: Buffer;
}

/** What has to be done to the one tree to get the other. Equal changes make equal layers. */
export function layerBetween(before: FileTree, after: FileTree): MemoryLayer & { readonly isEmpty: boolean } {
  const entries: TarEntry[] = [];
  for (const [path, content] of after.entries()) {
    if (!before.peek(path)?.equals(content)) entries.push({ name: path.slice(1), content });
  }
  for (const [path] of before.entries()) {
    const name = posix.join(posix.dirname(path), `${GONE}${posix.basename(path)}`).slice(1);
    if (after.peek(path) === undefined) entries.push({ name, content: Buffer.alloc(0) });
  }
  return { ...layerOf(packTar(entries)), isEmpty: entries.length === 0 };
}

export function layerOf(tar: Buffer): MemoryLayer {
  return { digest: sha256(tar), tar };
}

/** The files of an image out of its layers, the lowest first. @throws EngineFailedError for a layer that is no tar */
export async function stack(layers: readonly MemoryLayer[]): Promise<FileTree> {
  const files = new FileTree();
  for (const { tar, digest } of layers) {
    for (const { name, content } of await unpackTar(Readable.from([tar]), { action: `read layer ${digest}` })) {
      const base = posix.basename(name);
      if (base.startsWith(GONE)) files.remove(posix.join(posix.dirname(name), base.slice(GONE.length)));
      else files.write({ path: name, content });
    }
  }
  return files;
}

/** Names a layer together with all below it: equal tars upon different layers are different layers to an engine. */
export function chainOf(digests: readonly string[]): string {
  return digests.join(' ');
}

export function sha256(data: string | Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}
