import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineFailedError, NotFoundError } from '../../errors/index.js';
import type { ProgramFiles } from './programs.js';
import { unpackTar } from './tar.js';

/** The files of a tar; there are no empty folders and no links here. */
export async function unpackInto(tree: ProgramFiles, folder: string, tar: Readable): Promise<void> {
  if (!tree.has(folder)) {
    tar.destroy();
    throw new NotFoundError(`Could not find the file ${folder}`, 'check the path');
  }
  if (tree.read(folder) !== undefined) {
    tar.destroy();
    throw new EngineFailedError(`cannot write into ${folder}: not a directory`, 'name a folder');
  }
  for (const { name, content } of await unpackTar(tar, { action: `write into ${folder}` })) {
    const path = posix.join(folder, name);
    if (tree.has(path) && tree.read(path) === undefined) {
      throw new EngineFailedError(`cannot overwrite directory ${path} with non-directory`, 'name another path');
    }
    tree.write(path, content);
  }
}
