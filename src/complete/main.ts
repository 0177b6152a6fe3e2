import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sourcesOfProcess } from '../config/index.js';
import { complete } from './complete.js';
import type { Manifest } from './kinds.js';
import { realNames } from './names.js';

/** A person waits for it in the middle of a word: with the program's own start less than a second. */
const LIMIT_MS = 800;

/** What `bdsandbox __complete WORD...` prints. The shells' scripts call it (scripts.ts). */
export async function main(words: readonly string[]): Promise<string> {
  // Two levels above dist/complete.
  const root = dirname(dirname(import.meta.dirname));
  const manifest = JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
  const names = realNames(sourcesOfProcess());
  const lines = await complete(words, { manifest, names, limitMs: LIMIT_MS });
  return lines.map((line) => `${line}\n`).join('');
}
