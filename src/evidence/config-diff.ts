import { createTwoFilesPatch } from 'diff';
import { placeOf } from './layout.js';

/** Files by their path in the node; undefined: too large to look at. */
export type Texts = ReadonlyMap<string, Buffer | undefined>;

/** A unified diff from what was planned to what is there, empty where both are equal. */
export function configDiff(planned: Texts, actual: Texts): string {
  const paths = [...new Set([...planned.keys(), ...actual.keys()])].sort();
  return paths.map((path) => fileDiff(path, planned, actual)).join('');
}

function fileDiff(path: string, planned: Texts, actual: Texts): string {
  const from = planned.has(path) ? `planned${path}` : '/dev/null';
  const to = actual.has(path) ? placeOf(path, new Set([path])).path : '/dev/null';
  const [before, after] = [planned.get(path), actual.get(path)];
  if ((planned.has(path) && before === undefined) || (actual.has(path) && after === undefined)) {
    return `Files ${from} and ${to} are too large to compare\n`;
  }
  return unifiedDiff(from, to, before, after);
}

/** Empty where both are equal. */
export function unifiedDiff(from: string, to: string, before: Buffer | undefined, after: Buffer | undefined): string {
  if (before !== undefined && after !== undefined && before.equals(after)) return '';
  if (before?.includes(0) || after?.includes(0)) return `Binary files ${from} and ${to} differ\n`;
  const texts = [before?.toString() ?? '', after?.toString() ?? ''] as const;
  // Files that have little in common take long to compare, and nobody reads the result.
  const patch = createTwoFilesPatch(from, to, ...texts, undefined, undefined, { context: 3, timeout: 1000 });
  return patch === undefined ? `Files ${from} and ${to} differ\n` : withoutRuler(patch);
}

function withoutRuler(patch: string): string {
  return patch.replace(/^=+\n/, '');
}
