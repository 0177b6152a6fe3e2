import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, rename, rm, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { finished, type Readable } from 'node:stream';
import type { Header } from 'tar-stream';
import { ConflictError } from '../../errors/index.js';
import { codeOf, localFault } from './local.js';
import { below, named } from './rename.js';
import type { Target } from './target.js';

/** Rights only: a program of a node must not run here as whoever owns it. */
const MODE = 0o777;

/**
 * Unpacks the tar of one thing. A file is written beside its place and renamed, so that it is whole or not there. Nothing
 * is written through a link below the target, whoever made it: what a node says is not to be trusted.
 * @param onSkipped hears of devices and the like, which are left out
 * @throws what breaks the tar off; ConflictError where a file and a folder meet
 */
export async function unpackLocal(tar: Readable, target: Target, onSkipped: (what: string) => void): Promise<void> {
  const { extract } = await import('tar-stream');
  const unpacked = extract();
  finished(tar, (error) => {
    if (error) unpacked.destroy(error);
  });
  const disk = new Disk(target.folder);
  try {
    for await (const entry of tar.pipe(unpacked)) {
      const name = named(target.root, below(entry.header.name));
      // The folder that is there keeps its own mode.
      if (name === undefined) entry.resume();
      else await disk.put(name, entry, linkTarget(entry.header, target.root), onSkipped);
    }
    await disk.finish();
  } finally {
    tar.destroy();
  }
}

/** In the target's names for a hard link, as it is for a symbolic one. */
function linkTarget({ type, linkname }: Header, root: string): string {
  return type === 'link' ? (named(root, below(linkname)) ?? '') : linkname;
}

interface Entry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): unknown;
}

class Disk {
  readonly #folder: string;
  /** Known to be folders, and no links. */
  readonly #folders = new Set<string>();
  /** Of folders that were made here; set at the end, since they may forbid to write into them. */
  readonly #modes: { readonly path: string; readonly mode: number; readonly mtime: Date }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    this.#folders.add(folder);
  }

  async put(name: string, entry: Entry, target: string, onSkipped: (what: string) => void): Promise<void> {
    const { type, mode, mtime } = entry.header;
    const place = path.join(this.#folder, ...name.split('/'));
    try {
      if (type !== 'directory') await this.#ensureFolder(path.dirname(place));
      if (type === 'file' || type === 'contiguous-file') {
        await this.#beside(place, (temporary) => writeFile(temporary, entry, mode & MODE, mtime));
        return;
      }
      entry.resume();
      if (type === 'directory') {
        if (await this.#ensureFolder(place)) this.#modes.push({ path: place, mode: mode & MODE, mtime });
      } else if (type === 'symlink') await this.#beside(place, (temporary) => symlink(target, temporary));
      else if (type === 'link') await this.#hardLink(place, target);
      else onSkipped(place);
    } catch (error) {
      throw localFault(error, 'write', place);
    }
  }

  async finish(): Promise<void> {
    for (const { path: folder, mode, mtime } of this.#modes.reverse()) {
      await chmod(folder, mode);
      await utimes(folder, mtime, mtime);
    }
  }

  async #hardLink(place: string, target: string): Promise<void> {
    const original = path.join(this.#folder, ...target.split('/'));
    await this.#ensureFolder(path.dirname(original));
    await this.#beside(place, (temporary) => link(original, temporary));
  }

  /** @returns whether it was made now */
  async #ensureFolder(folder: string): Promise<boolean> {
    if (this.#folders.has(folder)) return false;
    await this.#ensureFolder(path.dirname(folder));
    try {
      await mkdir(folder, { mode: 0o700 });
      this.#folders.add(folder);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (!(await lstat(folder)).isDirectory()) {
        throw new ConflictError(`${folder} is not a folder, and one is to be there`, 'remove it, or copy elsewhere');
      }
      this.#folders.add(folder);
      return false;
    }
  }

  async #beside(place: string, make: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = path.join(path.dirname(place), `.bdsandbox-${randomBytes(6).toString('hex')}`);
    try {
      await make(temporary);
      await rename(temporary, place);
    } catch (error) {
      if (codeOf(error) === 'EISDIR' || codeOf(error) === 'ENOTEMPTY') {
        throw new ConflictError(`${place} is a folder, and a file is to be there`, 'remove it, or copy elsewhere');
      }
      throw error;
    } finally {
      // A rename of one name of a file over another one leaves both.
      await rm(temporary, { force: true });
    }
  }
}

async function writeFile(file: string, content: AsyncIterable<unknown>, mode: number, mtime: Date): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of content) await handle.writeFile(chunk as Uint8Array);
    await handle.chmod(mode);
    await handle.utimes(mtime, mtime);
  } finally {
    await handle.close();
  }
}
