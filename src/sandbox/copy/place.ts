import { UsageError } from '../../errors/index.js';
import { shown } from './names.js';

/** What one word of `cp` means. */
export type Place =
  | { readonly kind: 'stream' }
  | { readonly kind: 'local' /** For people. */; readonly text: string; readonly path: string }
  | {
      readonly kind: 'node';
      readonly text: string;
      /** The owner's only one when absent. */
      readonly sandbox: string | undefined;
      /** The first one when absent. */
      readonly node: string | undefined;
      readonly path: string;
    };

/**
 * `-` is a tar on standard input or output, SANDBOX[/NODE]:PATH is in a node, everything else on this machine; a name
 * with a colon is written as ./NAME.
 * @throws UsageError
 */
export function parsePlace(word: string): Place {
  const text = shown(word);
  if (word === '-') return { kind: 'stream' };
  if (word === '') throw new UsageError('an empty word is no place to copy from or to', 'see bdsandbox cp --help');
  const match = /^(?:([a-z0-9][a-z0-9-]*)(?:\/([a-z0-9][a-z0-9-]*))?)?:(.*)$/s.exec(word);
  if (!match) return { kind: 'local', text, path: word };
  const [, sandbox, node, path = ''] = match;
  if (path === '') throw new UsageError(`${text}: it has no path`, `write for example ${text}/tmp`);
  // As docker cp: a path without a slash before it begins at the root.
  return { kind: 'node', text, sandbox, node, path: path.startsWith('/') ? path : `/${path}` };
}

/** As in docker cp: `FOLDER/.` is what is in a folder, without the folder. */
export function meansContents(path: string): boolean {
  return path === '.' || path.endsWith('/.');
}

export function meansFolder(path: string): boolean {
  return path.endsWith('/') || meansContents(path) || path === '..' || path.endsWith('/..');
}
