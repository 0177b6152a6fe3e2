import type { Stats } from 'node:fs';
import { type FileHandle, lstat, readdir, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { FailedError } from '../../errors/index.js';
import { Folder } from './folder.js';
import { codeOf, localFault } from './local.js';
import { shown, textOf } from './names.js';
import { named } from './rename.js';
import { END, encodeHeader, padding, type TarHeader } from './tar/header.js';
import { streamOf } from './tar/stream.js';

export interface PackOptions {
  /** As Target.root. */
  readonly root: string;
  /** What links lead to instead of the links. */
  readonly followLinks: boolean;
  /** Hears of sockets and the like, which are left out. */
  readonly onSkipped: (what: string) => void;
  /** Hears of content as it goes into the tar. */
  readonly onContent: (bytes: number) => void;
}

/**
 * A file or folder of this machine as a tar, made as it is read. Everything belongs to root, as everything else in a
 * node; modes, times and links are kept.
 */
export function packLocal(source: string, options: PackOptions): Readable {
  return streamOf(blocksOf(source, options));
}

async function* blocksOf(source: string, options: PackOptions): AsyncGenerator<Buffer> {
  // A slash at its end makes a link to a folder one, and so does a dot.
  const isFolder = /(?:^|\/)\.{0,2}$/.test(source);
  const [above, name] = isFolder ? [source, '.'] : [path.dirname(source), path.basename(source)];
  const folder = await Folder.at(above).catch((error: unknown) => {
    throw localFault(error, 'read', source);
  });
  try {
    yield* walk(new Walk(options, isFolder), folder, name, '', []);
  } finally {
    await folder.close();
  }
  yield END;
}

class Walk {
  readonly options: PackOptions;
  readonly #isFolder: boolean;

  constructor(options: PackOptions, isFolder: boolean) {
    this.options = options;
    this.#isFolder = isFolder;
  }

  /** Whether a link means what it leads to. */
  follows(below: string): boolean {
    return this.options.followLinks || (below === '' && this.#isFolder);
  }
}

/** A folder before what is in it. @param below path below the source, with slashes; empty for the source itself */
async function* walk(
  walked: Walk,
  above: Folder,
  name: string,
  below: string,
  parents: readonly string[],
): AsyncGenerator<Buffer> {
  const { root, onSkipped } = walked.options;
  const file = name === '.' ? above.path : path.join(above.path, name);
  try {
    const follow = walked.follows(below);
    const found = await (follow ? stat : lstat)(above.in(name));
    const inTar = named(root, below);
    const header = inTar === undefined ? undefined : headerOf(inTar, found);
    if (found.isDirectory()) {
      const identity = `${found.dev}:${found.ino}`;
      if (parents.includes(identity)) {
        throw new FailedError(
          `${shown(file)} is a loop of links`,
          'copy without -L, or remove the link that leads back',
        );
      }
      if (header) yield encodeHeader({ ...header, type: 'directory' });
      yield* walkFolder(walked, await above.folder(name, follow), below, [...parents, identity]);
    } else if (found.isFile()) {
      if (header) yield* fileBlocks(await above.file(name, follow), header, file, walked.options);
    } else if (found.isSymbolicLink()) {
      const linkname = textOf(await readlink(above.in(name), { encoding: 'buffer' }));
      if (header) yield encodeHeader({ ...header, type: 'symlink', linkname });
    } else onSkipped(shown(file));
  } catch (error) {
    // What was a file or a folder a moment ago.
    if (codeOf(error) === 'ELOOP' || codeOf(error) === 'ENOTDIR') {
      throw new FailedError(`${shown(file)} changed while it was read`, 'copy it again', { cause: error });
    }
    throw localFault(error, 'read', file);
  }
}

async function* walkFolder(
  walked: Walk,
  folder: Folder,
  below: string,
  parents: readonly string[],
): AsyncGenerator<Buffer> {
  try {
    const names = await readdir(folder.in('.'), { encoding: 'buffer' });
    for (const name of names.sort(Buffer.compare).map(textOf)) {
      yield* walk(walked, folder, name, below === '' ? name : `${below}/${name}`, parents);
    }
  } finally {
    await folder.close();
  }
}

function headerOf(name: string, { mode, mtime }: Stats): TarHeader {
  const plain = { uid: 0, gid: 0, size: 0, linkname: '', devmajor: 0, devminor: 0 };
  return { ...plain, name, type: 'file', mode: mode & 0o7777, mtime };
}

const CHUNK_BYTES = 1 << 16;

async function* fileBlocks(
  handle: FileHandle,
  header: TarHeader,
  file: string,
  { onContent }: PackOptions,
): AsyncGenerator<Buffer> {
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new FailedError(`${shown(file)} changed while it was read`, 'copy it again');
    const { size } = found;
    yield encodeHeader({ ...header, size });
    // A log grows while it is read: the size was said before.
    for (let left = size; left > 0; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES)));
      if (bytesRead === 0) throw new FailedError(`${shown(file)} became shorter while it was read`, 'copy it again');
      left -= bytesRead;
      onContent(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
    yield padding(size);
  } finally {
    await handle.close();
  }
}
