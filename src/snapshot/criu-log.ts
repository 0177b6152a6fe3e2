import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { userStateFolder } from '../config/index.js';
import type { CriuError } from '../node/index.js';

/** Older ones give way. */
const MOST_LOGS = 20;

/**
 * Keeps CRIU's log of a failure in a file of this user, for who wants to know more than our words say.
 * @param about such as the snapshot's name
 * @returns where it is, for the details of an error; nothing where there is no log, or it cannot be written: that is no
 *   further failure
 */
export async function keepCriuLog(error: CriuError, about: string): Promise<string[]> {
  if (error.log === '') return [];
  const folder = path.join(userStateFolder(process.env, homedir()), 'criu');
  const moment = new Date().toISOString().replaceAll(':', '');
  const file = path.join(folder, `${moment}-${plain(about)}-${plain(error.node)}.log`);
  try {
    // Arguments of programs may be secret.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(file, error.log, { mode: 0o600 });
    const names = (await readdir(folder)).sort();
    await Promise.all(names.slice(0, -MOST_LOGS).map((name) => rm(path.join(folder, name), { force: true })));
    return [`CRIU's log: ${file}`];
  } catch {
    return [];
  }
}

function plain(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_').slice(0, 60);
}
