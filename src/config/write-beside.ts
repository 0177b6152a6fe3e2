import { chmod, mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FailedError } from '../errors/index.js';

/** For a file that is new; the user's umask takes from it. */
const NEW_MODE = 0o666;

/**
 * Writes a file beside the old one and puts it in its place: whoever reads it sees the old or the new, and a full disk
 * leaves the old. Keeps the mode, and a link to the file stays one. Missing folders are made.
 * @throws FailedError
 */
export async function writeBeside(file: string, text: string): Promise<void> {
  let temporary: string | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    const target = await realpath(file).catch(() => file);
    const mode = await stat(target).then(
      (found) => found.mode & 0o7777,
      () => undefined,
    );
    await removeLeftovers(target);
    temporary = `${prefixFor(target)}${process.pid}`;
    await writeFile(temporary, text, { mode: mode ?? NEW_MODE, flag: 'wx' });
    if (mode !== undefined) await chmod(temporary, mode);
    await rename(temporary, target);
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw new FailedError(`${file} cannot be written: ${Object(cause).message}`, 'nothing was changed; see ls -l', {
      cause,
    });
  }
}

/** What runs left that were killed while they wrote. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = basename(prefixFor(target));
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : 0;
    if (pid > 0 && (pid === process.pid || !isRunning(pid))) await rm(join(folder, name), { force: true });
  }
}

function prefixFor(target: string): string {
  return join(dirname(target), `.${basename(target)}.`);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return Object(error).code === 'EPERM';
  }
}
