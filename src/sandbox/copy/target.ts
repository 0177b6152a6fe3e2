import { ConflictError, NotFoundError, UsageError } from '../../errors/index.js';
import { meansFolder } from './place.js';

/** What is at a path once links have been followed. */
export interface Found {
  readonly kind: 'file' | 'folder' | 'other' | 'none';
  /** Without links. */
  readonly path: string;
}

/** One thing that is copied. */
export interface SourceFacts {
  readonly text: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Its name in a folder that it is copied into. */
  readonly name: string;
  /** What is in the folder, without the folder. */
  readonly contents: boolean;
}

export interface Target {
  /** Is there. */
  readonly folder: string;
  /** What the source is called in it. Empty: what is in the source goes right into the folder. */
  readonly root: string;
}

/** One side of a copy: this machine, or a node. */
export interface Side {
  look(path: string): Promise<Found>;
  dirname(path: string): string;
  basename(path: string): string;
}

/**
 * Where a source goes, by the rules of cp and docker cp.
 * @param only whether it is the only source: several need a folder
 * @throws NotFoundError, ConflictError, UsageError; nothing has been touched
 */
export async function targetOf(
  destination: { readonly text: string; readonly path: string },
  source: SourceFacts,
  side: Side,
  only: boolean,
): Promise<Target> {
  const { text } = destination;
  const found = await side.look(destination.path);
  if (found.kind === 'folder') return { folder: found.path, root: source.contents ? '' : source.name };
  if (!only) throw new UsageError(`${text} is not a folder`, 'several things can be copied into a folder only');
  if (found.kind === 'none') {
    if (meansFolder(destination.path) && source.kind !== 'folder') throw noFolder(text);
    const parent = await side.look(side.dirname(found.path));
    if (parent.kind !== 'folder') throw noFolder(side.dirname(text));
    return { folder: parent.path, root: side.basename(found.path) };
  }
  // It would be replaced by a file, which is never what is meant by /dev/null.
  if (found.kind === 'other') throw new ConflictError(`${text} is no file and no folder`, 'name another place');
  if (source.kind === 'folder') {
    throw new ConflictError(`${text} is a file, and ${source.text} a folder`, 'choose another name, or remove it');
  }
  if (meansFolder(destination.path)) throw new ConflictError(`${text} is a file`, 'leave the slash at its end out');
  return { folder: side.dirname(found.path), root: side.basename(found.path) };
}

function noFolder(text: string): NotFoundError {
  return new NotFoundError(`there is no folder ${text}`, 'make it first, or check the path');
}
