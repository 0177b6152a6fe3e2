import { access, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConflictError, DiskFullError, FailedError, NotFoundError } from '../errors/index.js';

/** @throws ConflictError when the file is there, NotFoundError when its folder is not */
export async function mustBeNew(target: string, force: boolean): Promise<void> {
  if (!force && (await exists(target))) {
    throw new ConflictError(`there is a file ${target} already`, 'choose another name with -o, or add --force');
  }
  if (await exists(dirname(target))) return;
  throw new NotFoundError(`there is no folder ${dirname(target)}`, 'make it, or choose another place with -o');
}

/**
 * Writes beside the target and renames in the end: a file of that name is complete, whatever happens.
 * @throws DiskFullError, FailedError
 */
export async function intoFile<T>(target: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${target}.partial-${process.pid}`;
  try {
    const result = await write(temporary);
    await rename(temporary, target);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw translated(target, error);
  }
}

function translated(target: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    return new DiskFullError(`the disk is full: ${target} could not be written`, 'free some space and try again', {
      cause: error,
    });
  }
  return new FailedError(`cannot write ${target}: ${error.message}`, 'choose another place with -o', { cause: error });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
