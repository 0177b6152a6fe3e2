import type { Readable } from 'node:stream';
import { FailedError } from '../../errors/index.js';
import { shown } from './names.js';
import { END, encodeHeader, padding } from './tar/header.js';
import { readTar } from './tar/read.js';
import { streamOf } from './tar/stream.js';

/**
 * The path of an entry below what was archived: its name without the first part; empty for that thing itself.
 * @throws FailedError for one that leads outside
 */
export function below(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0')) {
    throw new FailedError(`the archive has a path that leads outside: ${shown(name)}`, 'do not use it');
  }
  return parts.slice(1).join('/');
}

/** The name of an entry where the archived thing is called `root`; undefined for what must not be there. */
export function named(root: string, path: string): string | undefined {
  const name = [root, path].filter((part) => part !== '').join('/');
  return name === '' ? undefined : name;
}

/**
 * The same tar, with another name for the thing it is of.
 * @param root as Target.root; `.` keeps it as a folder
 * @param on hears of content as it passes, and of what no tar can have
 */
export function renamed(
  tar: Readable,
  root: string,
  on: { readonly onSkipped: (what: string) => void; readonly onContent: (bytes: number) => void },
): Readable {
  return streamOf(renamedBlocks(tar, root, on), () => void tar.destroy());
}

async function* renamedBlocks(tar: Readable, root: string, on: Parameters<typeof renamed>[2]): AsyncGenerator<Buffer> {
  for await (const { header, content } of readTar(tar)) {
    const name = named(root, below(header.name));
    if (name === undefined) continue;
    if (header.type === 'other') {
      on.onSkipped(shown(name));
      continue;
    }
    // A hard link names another entry of the archive; a symbolic one is a text that nobody looks into.
    const linkname = header.type === 'link' ? (named(root, below(header.linkname)) ?? '.') : header.linkname;
    yield encodeHeader({ ...header, name, linkname });
    for await (const chunk of content) {
      on.onContent(chunk.length);
      yield chunk;
    }
    yield padding(header.size);
  }
  yield END;
}
