import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FileEntry } from '../engine/index.js';

/** A folder as a build context: every file below it by its path from there, in a stable order. */
export async function readContext(folder: string): Promise<FileEntry[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    files.map(async (file) => ({
      path: `/${path.relative(folder, file).split(path.sep).join('/')}`,
      content: await readFile(file),
      // npm keeps no modes but the executable bit; neither may the digest depend on a umask.
      mode: (await stat(file)).mode & 0o100 ? 0o755 : 0o644,
    })),
  );
}
