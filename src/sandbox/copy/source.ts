import { lstat } from 'node:fs/promises';
import path, { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { NotFoundError, UsageError } from '../../errors/index.js';
import { LOCAL, localFault } from './local.js';
import { type NodeFiles, type NodePlace, plainPath } from './node.js';
import { packLocal } from './pack.js';
import { meansContents, meansFolder, type Place } from './place.js';
import { renamed } from './rename.js';
import type { SourceFacts } from './target.js';

export interface Source extends SourceFacts {
  /** The tar of it, for a target that is called `root`; see Target.root. */
  open(root: string, onSkipped: (what: string) => void): Promise<OpenSource>;
  /** In a node: where it is in the end. */
  readonly at?: { readonly id: string; readonly path: string };
}

export interface OpenSource {
  readonly tar: Readable;
  /** Why it broke off, where the reader may not see that. */
  readonly failure: () => unknown;
}

/** @throws NotFoundError when it is not there, UsageError */
export async function localSource(place: Extract<Place, { kind: 'local' }>, followLinks: boolean): Promise<Source> {
  const { text, path: wanted } = place;
  const isLink = !followLinks && !meansFolder(wanted) && (await isSymbolicLink(wanted));
  const found = isLink ? undefined : await LOCAL.look(wanted);
  if (found?.kind === 'none') throw new NotFoundError(`there is no ${text}`, 'check the path');
  const facts = checked({ text, kind: found?.kind ?? 'link', name: path.basename(path.resolve(wanted)) }, wanted);
  return {
    ...facts,
    open: (root, onSkipped) => packLocal(wanted, { root, followLinks, onSkipped }),
  };
}

/** @throws NotFoundError when it is not there, UsageError */
export async function nodeSource(place: NodePlace, files: NodeFiles, followLinks: boolean): Promise<Source> {
  const { text } = place;
  const wanted = plainPath(place.path);
  const status = await files.containers.pathStatus(files.id, wanted);
  const isLink = status?.kind === 'link' && !followLinks && !meansFolder(place.path);
  const found = isLink ? { kind: 'link' as const, path: wanted } : await files.look(wanted);
  if (status === undefined || found.kind === 'none') throw new NotFoundError(`there is no ${text}`, 'check the path');
  const facts = checked({ text, kind: found.kind, name: posix.basename(wanted) }, place.path);
  return {
    ...facts,
    at: { id: files.id, path: found.path },
    open: async (root) => {
      const tar = await files.containers.readArchive(files.id, found.path);
      const isAsWanted = root === posix.basename(found.path);
      return { tar: isAsWanted ? tar : await renamed(tar, root), failure: () => undefined };
    },
  };
}

function checked(facts: Omit<SourceFacts, 'contents'>, wanted: string): SourceFacts {
  const { text, kind, name } = facts;
  if (meansFolder(wanted) && kind !== 'folder') throw new UsageError(`${text} is not a folder`, 'leave its end out');
  if (kind === 'other') throw new UsageError(`${text} is no file, folder or link`, 'only these can be copied');
  if (name === '') throw new UsageError(`${text} is a whole file system`, 'name a folder in it');
  return { ...facts, contents: meansContents(wanted) };
}

async function isSymbolicLink(wanted: string): Promise<boolean> {
  try {
    return (await lstat(wanted)).isSymbolicLink();
  } catch (error) {
    throw localFault(error, 'read', wanted);
  }
}
