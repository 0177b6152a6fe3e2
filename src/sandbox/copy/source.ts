import { lstat } from 'node:fs/promises';
import path, { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { NotFoundError, UsageError } from '../../errors/index.js';
import { LOCAL, localFault } from './local.js';
import { bytesOf } from './names.js';
import type { NodeFiles, NodePlace } from './node.js';
import { packLocal } from './pack.js';
import { meansContents, meansFolder, type Place } from './place.js';
import { renamed } from './rename.js';
import type { SourceFacts } from './target.js';

export interface Hearing {
  /** Of what cannot be copied, and is left out. */
  readonly onSkipped: (what: string) => void;
  /** Of content as it passes. */
  readonly onContent: (bytes: number) => void;
}

export interface Source extends SourceFacts {
  /** The tar of it, for a target that is called `root`; see Target.root. */
  open(root: string, hearing: Hearing): Promise<Readable>;
  /** In a node: where it is in the end. */
  readonly at?: { readonly id: string; readonly path: string };
}

/** @throws NotFoundError when it is not there, UsageError */
export async function localSource(place: Extract<Place, { kind: 'local' }>, followLinks: boolean): Promise<Source> {
  const { text, path: wanted } = place;
  const isLink = !followLinks && !meansFolder(wanted) && (await isSymbolicLink(wanted));
  const found = isLink ? undefined : await LOCAL.look(wanted);
  if (found?.kind === 'none') throw new NotFoundError(`there is no ${text}`, 'check the path');
  // What a dot is called is known by the path that it leads to.
  const name = path.basename(/(?:^|\/)\.{1,2}\/*$/.test(wanted) ? (found?.path ?? wanted) : wanted);
  const facts = checked({ text, kind: found?.kind ?? 'link', name }, wanted);
  return { ...facts, open: async (root, hearing) => packLocal(wanted, { root, followLinks, ...hearing }) };
}

/** @throws NotFoundError when it is not there, UsageError */
export async function nodeSource(place: NodePlace, files: NodeFiles, followLinks: boolean): Promise<Source> {
  const { text } = place;
  const seen = await files.see(place.path);
  const isLink = seen.kind === 'link' && !followLinks && !meansFolder(place.path);
  const found = isLink ? { kind: 'link' as const, path: seen.path } : seen.end;
  if (seen.kind === 'none' || found.kind === 'none') throw new NotFoundError(`there is no ${text}`, 'check the path');
  const facts = checked({ text, kind: found.kind, name: posix.basename(posix.resolve('/', place.path)) }, place.path);
  return {
    ...facts,
    at: { id: files.id, path: found.path },
    open: async (root, hearing) => renamed(await files.read(found.path), root, hearing),
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
    return (await lstat(bytesOf(wanted))).isSymbolicLink();
  } catch (error) {
    throw localFault(error, 'read', wanted);
  }
}
