import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Header, Pack } from 'tar-stream';
import { FailedError, SandboxError } from '../../errors/index.js';
import { localFault } from './local.js';
import { named } from './rename.js';

export interface Packed {
  readonly tar: Readable;
  /** Why the tar broke off, in our own words: whoever reads it may only see that it did. */
  readonly failure: () => unknown;
}

export interface PackOptions {
  /** As Target.root. */
  readonly root: string;
  /** What links lead to instead of the links. */
  readonly followLinks: boolean;
  /** Hears of sockets and the like, which are left out. */
  readonly onSkipped: (what: string) => void;
}

/**
 * A file or folder of this machine as a tar, made as it is read. Everything belongs to root, as everything else in a
 * node; modes, times and links are kept.
 */
export async function packLocal(source: string, options: PackOptions): Promise<Packed> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  let failure: unknown;
  const fill = async (): Promise<void> => {
    for await (const walked of walk(source, options.followLinks)) {
      const name = named(options.root, walked.below);
      if (name !== undefined) await add(archive, name, walked, options);
    }
    archive.finalize();
  };
  fill().catch((error: unknown) => {
    // Any other comes from whoever took the archive, and gave it up.
    if (error instanceof SandboxError) failure = error;
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return { tar: Readable.from(archive, { objectMode: false }), failure: () => failure };
}

type NewHeader = Partial<Header> & Pick<Header, 'name'>;

interface Walked {
  readonly file: string;
  /** Path below the source, with slashes; empty for the source itself. */
  readonly below: string;
  readonly found: Stats;
}

/** A folder before what is in it. A slash at the end of the source makes a link to a folder one. */
async function* walk(file: string, follow: boolean, below = '', above: readonly string[] = []): AsyncGenerator<Walked> {
  const found = await look(file, follow);
  yield { file, below, found };
  if (!found.isDirectory()) return;
  const identity = `${found.dev}:${found.ino}`;
  if (above.includes(identity)) {
    throw new FailedError(`${file} is a loop of links`, 'copy without -L, or remove the link that leads back');
  }
  const names = await readdir(file).catch((error: unknown) => {
    throw localFault(error, 'read', file);
  });
  for (const name of names.sort()) {
    yield* walk(path.join(file, name), follow, below === '' ? name : `${below}/${name}`, [...above, identity]);
  }
}

async function look(file: string, follow: boolean): Promise<Stats> {
  try {
    return await (follow ? stat(file) : lstat(file));
  } catch (error) {
    throw localFault(error, 'read', file);
  }
}

async function add(archive: Pack, name: string, { file, found }: Walked, options: PackOptions): Promise<void> {
  try {
    const header = { name, mode: found.mode & 0o7777, mtime: found.mtime, uid: 0, gid: 0 };
    if (found.isDirectory()) await entry(archive, { ...header, type: 'directory' });
    else if (found.isSymbolicLink())
      await entry(archive, { ...header, type: 'symlink', linkname: await readlink(file) });
    else if (found.isFile()) await addFile(archive, header, file, found);
    else options.onSkipped(file);
  } catch (error) {
    throw localFault(error, 'read', file);
  }
}

function entry(archive: Pack, header: NewHeader): Promise<void> {
  return new Promise((resolve, reject) => {
    const sink = archive.entry(header, (error) => (error ? reject(error) : resolve()));
    // The callback hears of it; one that nobody listens to would end the process.
    sink.on('error', () => undefined);
    sink.end(null);
  });
}

async function addFile(archive: Pack, header: NewHeader, file: string, { size }: Stats): Promise<void> {
  if (size === 0) return entry(archive, { ...header, type: 'file', size });
  const sink = archive.entry({ ...header, type: 'file', size });
  // A log grows while it is read: the size was said before.
  const content = createReadStream(file, { end: size - 1 });
  await pipeline(content, sink).catch((error: unknown) => {
    const isShorter = content.readableEnded && content.bytesRead < size;
    if (!isShorter) throw error;
    throw new FailedError(`${file} became shorter while it was read`, 'copy it again', { cause: error });
  });
}
