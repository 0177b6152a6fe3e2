import { pipeline, Readable } from 'node:stream';
import type { Header } from 'tar-stream';
import { FailedError } from '../../errors/index.js';

/**
 * The path of an entry below what was archived: its name without the first part; empty for that thing itself.
 * @throws FailedError for one that leads outside
 */
export function below(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw new FailedError(`the archive has a path that leads outside: ${name}`, 'do not use it');
  return parts.slice(1).join('/');
}

/** The name of an entry where the archived thing is called `root`; undefined for what must not be there. */
export function named(root: string, path: string): string | undefined {
  const name = [root, path].filter((part) => part !== '').join('/');
  return name === '' ? undefined : name;
}

/** The same tar, with another name for the thing it is of. @param root as Target.root; `.` keeps it as a folder */
export async function renamed(tar: Readable, root: string): Promise<Readable> {
  const { extract, pack } = await import('tar-stream');
  const unpacked = extract();
  const packed = pack();
  pipeline(tar, unpacked, () => undefined);
  const copy = async (): Promise<void> => {
    for await (const entry of unpacked) {
      const name = named(root, below(entry.header.name));
      if (name === undefined) {
        entry.resume();
        continue;
      }
      const sink = packed.entry({ ...plain(entry.header), name, ...linkOf(entry.header, root) });
      await new Promise<void>((resolve, reject) => {
        sink.on('error', reject);
        if (entry.header.type !== 'file' && entry.header.type !== 'contiguous-file') {
          entry.resume();
          entry.on('end', resolve);
          return;
        }
        sink.on('finish', resolve);
        entry.on('error', reject);
        entry.pipe(sink);
      });
    }
    packed.finalize();
  };
  copy().catch((error: unknown) => {
    packed.destroy(error instanceof Error ? error : new Error(String(error)));
    tar.destroy();
  });
  const result = Readable.from(packed, { objectMode: false });
  result.once('close', () => tar.destroy());
  return result;
}

/** A hard link names another entry of the archive; a symbolic one is a text that nobody looks into. */
function linkOf({ type, linkname }: Header, root: string): { linkname?: string } {
  if (type !== 'link' && type !== 'symlink') return {};
  return { linkname: type === 'link' ? (named(root, below(linkname)) ?? '.') : linkname };
}

/** Without extended records: they would give the entry its old name back. */
function plain({ type, mode, uid, gid, size, mtime, devmajor, devminor }: Header): Partial<Header> {
  return { type, mode, uid, gid, size, mtime, devmajor, devminor };
}
