import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { NotFoundError } from '../../errors/index.js';
import type { FileEntry } from '../port.js';

/** A file of this machine and the path it gets inside the archive. */
export interface FileOnDisk {
  readonly path: string;
  readonly source: string;
}

export interface ArchiveOptions {
  /** Same for every file; a fixed one makes equal files equal archives. */
  readonly modified: Date;
  readonly filesOnDisk?: readonly FileOnDisk[];
}

/** The entries as a tar stream, sorted by path and owned by root. Files on disk flow through, never collected. */
export async function packFiles(entries: readonly FileEntry[], options: ArchiveOptions): Promise<Readable> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  const byPath = [
    ...entries.map((entry) => ({ path: inArchive(entry.path), entry })),
    ...(options.filesOnDisk ?? []).map((file) => ({ path: inArchive(file.path), source: file.source })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));

  const fill = async (): Promise<void> => {
    for (const item of byPath) {
      const header = { name: item.path, uid: 0, gid: 0, mtime: options.modified };
      if ('entry' in item) {
        // Whoever reads the archive hears of a failure; one that nobody listens to would end the process.
        archive.entry({ ...header, mode: item.entry.mode ?? 0o644 }, item.entry.content).on('error', () => undefined);
        continue;
      }
      const { size, mode } = await stat(item.source).catch((cause: unknown) => {
        throw new NotFoundError(`cannot read ${item.source}`, 'check the path and its permissions', { cause });
      });
      // Only the executable bit: the rest depends on the umask of whoever checked the file out.
      const sink = archive.entry({ ...header, mode: mode & 0o100 ? 0o755 : 0o644, size });
      const written = finished(sink);
      createReadStream(item.source)
        .on('error', (error) => sink.destroy(error))
        .pipe(sink);
      await written;
    }
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable.from(archive, { objectMode: false });
}

export type ArchivedFile =
  | { readonly kind: 'file'; readonly content: Buffer }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' };

/** The first entry: the engine answers the request for one file with an archive that holds just that. */
export async function unpackFirst(archive: Readable): Promise<ArchivedFile> {
  const { extract } = await import('tar-stream');
  const unpacked = extract();
  archive.on('error', (error: Error) => unpacked.destroy(error));
  archive.pipe(unpacked);
  try {
    for await (const entry of unpacked) {
      if (entry.header.type === 'symlink') return { kind: 'link', target: entry.header.linkname ?? '' };
      if (entry.header.type !== 'file') return { kind: 'other' };
      return { kind: 'file', content: await buffer(entry) };
    }
    return { kind: 'other' };
  } finally {
    // The archive of a folder goes on with all that is in it; the engine need not send that.
    archive.destroy();
  }
}

function inArchive(path: string): string {
  return posix.normalize(`/${path}`).slice(1);
}
