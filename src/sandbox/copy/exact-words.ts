import { readFileSync } from 'node:fs';
import { textOf } from './names.js';

/** What a byte that is no UTF-8 becomes in Node's own words. */
const LOST = '\ufffd';

/**
 * Words of this program's command line with all their bytes, as text of names.ts: Node takes them for UTF-8, and what is
 * not is lost. The kernel has them. @param words the last ones
 */
export function exactWords(words: readonly string[], parent = process.ppid): readonly string[] {
  if (!words.some((word) => word.includes(LOST))) return words;
  // The process before this one may be the one with another Node that has started it, with words that were lost already.
  const [own, before] = ['self', String(parent)].map((process) => {
    const last = wordsOf(process).slice(-words.length);
    return last.length === words.length && last.every((bytes, index) => bytes.toString() === words[index])
      ? last.map(textOf)
      : undefined;
  });
  return [own, before].find((found) => found?.some((word) => !word.isWellFormed())) ?? words;
}

function wordsOf(process: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(`/proc/${process}/cmdline`);
  } catch {
    return [];
  }
  const words: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    words.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return words;
}
