import { Readable } from 'node:stream';
import type { Engine, FileEntry } from '../engine/index.js';
import type { TimedFolder } from '../node/index.js';

/**
 * The end of a create is a folder in node 1, since labels cannot change after a container is made. It is named by the
 * attempt, because a clone starts from the original's files. Its time is the sandbox's expiry, 1970 for never: one
 * question tells both, and an engine gives a folder that is there another time in one step, whatever the node does.
 */
function completionMark(attempt: string): string {
  return `/etc/bdsandbox/complete/${attempt}`;
}

/** What a mark says. */
export interface Mark {
  /** UTC ISO 8601; null for never; undefined where the mark does not know, so that the label counts. */
  readonly expiresAt: string | null | undefined;
}

export function markOf(attempt: string, expiresAt: string | null): TimedFolder {
  return { path: completionMark(attempt), time: new Date(expiresAt ?? 0) };
}

/** Makes the mark, or gives it another time. @param files written before it, in the same call */
export async function writeMark(
  engine: Engine,
  container: string,
  { path: mark, time }: TimedFolder,
  files: readonly FileEntry[],
): Promise<void> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  for (const { path, content } of files) tar.entry({ name: path.slice(1) }, content);
  // As a record of its own: the plain header has whole seconds, and ends in 2038.
  const pax = { mtime: (time.getTime() / 1000).toFixed(3) };
  tar.entry({ name: mark.slice(1), type: 'directory', mode: 0o755, mtime: new Date(0), pax });
  tar.finalize();
  await engine.containers.writeArchive(container, '/', Readable.from(tar, { objectMode: false }));
}

/** undefined: its attempt did not come to its end. @throws NotFoundError for a container that is gone */
export async function readMark(engine: Engine, container: string, attempt: string): Promise<Mark | undefined> {
  const status = await engine.containers.pathStatus(container, completionMark(attempt));
  if (!status) return undefined;
  // Marks were empty files once, of the time when they were made.
  if (status.kind !== 'folder') return { expiresAt: undefined };
  return { expiresAt: Date.parse(status.modifiedAt) === 0 ? null : status.modifiedAt };
}
