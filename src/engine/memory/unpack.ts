import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineFailedError, NotFoundError } from '../../errors/index.js';
import type { MountedFiles } from './mounts.js';
import { unpackTar } from './tar.js';

/** The files and folders of a tar; there are no links here. */
export async function unpackInto(tree: MountedFiles, folder: string, tar: Readable): Promise<void> {
  if (!tree.has(folder)) {
    tar.destroy();
    throw new NotFoundError(`Could not find the file ${folder}`, 'check the path');
  }
  if (tree.read(folder) !== undefined) {
    tar.destroy();
    throw new EngineFailedError(`cannot write into ${folder}: not a directory`, 'name a folder');
  }
  for (const { name, content, modified } of await unpackTar(tar, { action: `write into ${folder}`, folders: true })) {
    const path = posix.join(folder, name);
    if (name.endsWith('/')) {
      if (tree.read(path) !== undefined) {
        throw new EngineFailedError(`cannot overwrite non-directory ${path} with directory`, 'name another path');
      }
      tree.makeFolder(path, modified ?? new Date());
      continue;
    }
    if (tree.has(path) && tree.read(path) === undefined) {
      throw new EngineFailedError(`cannot overwrite directory ${path} with non-directory`, 'name another path');
    }
    tree.write(path, content);
  }
}
