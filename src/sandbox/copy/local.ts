import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { DiskFullError, FailedError, NotFoundError, SandboxError } from '../../errors/index.js';
import type { Found, Side } from './target.js';

/** This machine. */
export const LOCAL: Side = {
  async look(wanted: string): Promise<Found> {
    const absolute = path.resolve(wanted);
    try {
      const real = await realpath(absolute);
      const found = await stat(real);
      return { kind: found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other', path: real };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return { kind: 'none', path: absolute };
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
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError(`there is no ${where}`, 'check the path', options);
    case 'EACCES':
    case 'EPERM':
      return new FailedError(`cannot ${verb} ${where}: permission denied`, 'check its owner and permissions', options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFullError(
        `the disk is full: ${where} could not be written`,
        'free some space, try again',
        options,
      );
    default:
      return new FailedError(`cannot ${verb} ${where}: ${error.message}`, 'check the path', options);
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
