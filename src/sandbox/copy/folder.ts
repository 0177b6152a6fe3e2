import { constants, type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { bytesOf } from './names.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** As a place alone, which asks for no right to read it. Node does not name it; <fcntl.h> of Linux. */
const O_PATH = process.platform === 'linux' ? 0o10000000 : O_RDONLY;

/**
 * A folder of this machine that stays the same one, whatever its path leads to meanwhile: what is in it is reached through
 * the open folder (openat(2) in effect). So nobody who may write into a part of the path can turn a copy elsewhere by a link.
 */
export class Folder {
  /** For people. */
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, where: string) {
    this.#handle = handle;
    this.path = where;
  }

  /** By its path, which may have links. */
  static async at(where: string): Promise<Folder> {
    return new Folder(await open(bytesOf(where), O_PATH | O_DIRECTORY), where);
  }

  /** @throws ENOTDIR where a link is, unless links are followed */
  async folder(name: string, followLinks = false): Promise<Folder> {
    const flags = O_PATH | O_DIRECTORY | (followLinks ? 0 : O_NOFOLLOW);
    return new Folder(await open(this.in(name), flags), path.join(this.path, name));
  }

  /** To be read. A pipe that has come in its place holds nobody up. @throws ELOOP where a link is, unless followed */
  file(name: string, followLinks: boolean): Promise<FileHandle> {
    return open(this.in(name), O_RDONLY | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW));
  }

  /** A path for the calls of node:fs. Only its last part, the name, can be a link. */
  in(name: string): Buffer {
    // Elsewhere there is no such way; what is left is that links that are there are seen.
    const folder = process.platform === 'linux' ? `/proc/self/fd/${this.#handle.fd}` : this.path;
    return Buffer.concat([bytesOf(folder), Buffer.from('/'), bytesOf(name)]);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
