import { randomBytes } from 'node:crypto';
import { chmod, constants, link, mkdir, open, rename, rm, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { ConflictError } from '../../errors/index.js';
import { Folder } from './folder.js';
import { codeOf, localFault } from './local.js';
import { bytesOf, shown } from './names.js';
import { below, named } from './rename.js';
import type { TarHeader } from './tar/header.js';
import { readTar, type TarEntry } from './tar/read.js';
import type { Target } from './target.js';

/** Rights only: a program of a node must not run here as whoever owns it. */
const MODE = 0o777;

/**
 * Unpacks the tar of one thing. A file is written beside its place and renamed, so that it is whole or not there. Nothing
 * is written through a link below the target, whoever made it, and when: what a node says is not to be trusted.
 * @param onSkipped hears of devices and the like, which are left out
 * @throws what breaks the tar off; ConflictError where a file and a folder meet
 */
export async function unpackLocal(
  tar: AsyncIterable<Buffer>,
  target: Target,
  onSkipped: (what: string) => void,
): Promise<void> {
  const disk = new Disk(
    await Folder.at(target.folder).catch((error: unknown) => {
      throw localFault(error, 'write', target.folder);
    }),
    onSkipped,
  );
  try {
    for await (const { header, content } of readTar(tar)) {
      const name = named(target.root, below(header.name));
      // The folder that is there keeps its own mode.
      if (name === undefined) continue;
      const linkname = header.type === 'link' ? (named(target.root, below(header.linkname)) ?? '') : header.linkname;
      await disk.put(name.split('/'), { header: { ...header, linkname }, content });
    }
  } finally {
    await disk.finish();
  }
}

/** A folder that was made here. Its own mode may forbid to write into it, so it comes last. */
interface Made {
  readonly parts: readonly string[];
  mode: number;
  mtime?: Date;
}

class Disk {
  readonly #root: Folder;
  readonly #onSkipped: (what: string) => void;
  /** Open ones, from the first below the root to that of the last entry. */
  #open: { readonly name: string; readonly folder: Folder }[] = [];
  readonly #made = new Map<string, Made>();
  readonly #skipped = new Set<string>();

  constructor(root: Folder, onSkipped: (what: string) => void) {
    this.#root = root;
    this.#onSkipped = onSkipped;
  }

  async put(parts: readonly string[], { header, content }: TarEntry): Promise<void> {
    const place = path.join(this.#root.path, ...parts);
    try {
      if (header.type === 'directory') {
        await this.#enter(parts);
        const made = this.#made.get(parts.join('/'));
        if (made) Object.assign(made, { mode: header.mode & MODE, mtime: header.mtime });
        return;
      }
      const folder = await this.#enter(parts.slice(0, -1));
      const beside = (make: (temporary: Buffer) => Promise<void>): Promise<void> =>
        putBeside(folder, parts.at(-1) ?? '', make);
      if (header.type === 'file') await beside((temporary) => writeFile(temporary, content, header));
      else if (header.type === 'symlink') await beside((temporary) => symlink(bytesOf(header.linkname), temporary));
      else if (header.type === 'link' && !this.#skipped.has(header.linkname)) {
        const original = header.linkname.split('/');
        const from = await this.#reach(original.slice(0, -1));
        try {
          await beside((temporary) => link(from.in(original.at(-1) ?? ''), temporary));
        } finally {
          await from.close();
        }
      } else {
        // A pipe, say, or another name of one.
        this.#skipped.add(parts.join('/'));
        this.#onSkipped(shown(place));
      }
    } catch (error) {
      throw localFault(error, 'write', place);
    }
  }

  /** Also after a failure: what is there has the mode that it is to have. */
  async finish(): Promise<void> {
    for (const { parts, mode, mtime } of [...this.#made.values()].reverse()) {
      const folder = await this.#reach(parts).catch(() => undefined);
      // It was removed, or somebody has put something else there.
      if (!folder) continue;
      if (mtime) await utimes(folder.in('.'), mtime, mtime).catch(() => undefined);
      await chmod(folder.in('.'), mode).catch(() => undefined);
      await folder.close();
    }
    await this.#leave(0);
    await this.#root.close();
  }

  /** A folder below the root, made where it is not there. It stays open as long as entries are in it. */
  async #enter(parts: readonly string[]): Promise<Folder> {
    const common = parts.findIndex((part, index) => this.#open[index]?.name !== part);
    await this.#leave(common < 0 ? parts.length : common);
    for (const [index, name] of parts.entries()) {
      if (index < this.#open.length) continue;
      const above = this.#open.at(-1)?.folder ?? this.#root;
      this.#open.push({ name, folder: await this.#make(above, parts.slice(0, index + 1)) });
    }
    return this.#open.at(-1)?.folder ?? this.#root;
  }

  async #make(above: Folder, parts: readonly string[]): Promise<Folder> {
    const name = parts.at(-1) ?? '';
    try {
      await mkdir(above.in(name), { mode: 0o700 });
      this.#made.set(parts.join('/'), { parts, mode: MODE & ~process.umask() });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    return openFolder(above, name);
  }

  /** A folder that is there, on a way of its own. */
  async #reach(parts: readonly string[]): Promise<Folder> {
    let folder = await this.#root.folder('.');
    for (const name of parts) {
      const above = folder;
      try {
        folder = await openFolder(above, name);
      } finally {
        await above.close();
      }
    }
    return folder;
  }

  async #leave(depth: number): Promise<void> {
    for (const { folder } of this.#open.splice(depth)) await folder.close();
  }
}

async function openFolder(above: Folder, name: string): Promise<Folder> {
  try {
    return await above.folder(name);
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR' && codeOf(error) !== 'ELOOP') throw error;
    const place = shown(path.join(above.path, name));
    throw new ConflictError(`${place} is not a folder, and one is to be there`, 'remove it, or copy elsewhere', {
      cause: error,
    });
  }
}

async function putBeside(folder: Folder, name: string, make: (temporary: Buffer) => Promise<void>): Promise<void> {
  const temporary = folder.in(`.bdsandbox-${randomBytes(6).toString('hex')}`);
  try {
    await make(temporary);
    await rename(temporary, folder.in(name));
  } catch (error) {
    if (codeOf(error) === 'EISDIR' || codeOf(error) === 'ENOTEMPTY') {
      const place = shown(path.join(folder.path, name));
      throw new ConflictError(`${place} is a folder, and a file is to be there`, 'remove it, or copy elsewhere');
    }
    throw error;
  } finally {
    // A rename of one name of a file over another one leaves both.
    await rm(temporary, { force: true });
  }
}

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

async function writeFile(file: Buffer, content: AsyncIterable<Buffer>, { mode, mtime }: TarHeader): Promise<void> {
  const handle = await open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for await (const chunk of content) await handle.writeFile(chunk);
    await handle.chmod(mode & MODE);
    await handle.utimes(mtime, mtime);
  } finally {
    await handle.close();
  }
}
