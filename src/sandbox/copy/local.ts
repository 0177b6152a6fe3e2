import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { DiskFullError, FailedError, NotFoundError, SandboxError } from '../../errors/index.js';
import { bytesOf, shown, textOf } from './names.js';
import type { Found, Side } from './target.js';

/** This machine. */
export const LOCAL: Side = {
  async look(wanted: string): Promise<Found> {
    // Not resolved: the working folder's own path may have bytes that no text of Node has.
    const plain = path.normalize(wanted).replace(/(?<=.)\/+$/, '');
    try {
      const real = await realpath(bytesOf(plain), { encoding: 'buffer' });
      const found = await stat(real);
      return { kind: found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other', path: textOf(real) };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return { kind: 'none', path: plain };
      throw localFault(error, 'read', wanted);
    }
  },
  dirname: path.dirname,
  basename: path.basename,
};

/** An error of this machine's files in our family; others, such as those of streams, as they are. @param verb what could not be done with the path */
export function localFault(error: unknown, verb: 'read' | 'write', where: string): unknown {
  if (error instanceof SandboxError || !(error instanceof Error) || !('syscall' in error)) return error;
  const options = { cause: error };
  const file = shown(where);
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError(`there is no ${file}`, 'check the path', options);
    case 'EACCES':
    case 'EPERM':
      return new FailedError(`cannot ${verb} ${file}: permission denied`, 'check its owner and permissions', options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFullError(`the disk is full: ${file} could not be written`, 'free some space, try again', options);
    default:
      return new FailedError(`cannot ${verb} ${file}: ${reasonOf(error)}`, 'check the path', options);
  }
}

/** Without the call's own words: a path in them is of an open folder. */
function reasonOf(error: Error): string {
  return error.message.replace(/, \w+( '.*)?$/s, '');
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
