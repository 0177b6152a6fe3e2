import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** Each has half a megabyte. Beyond that all are forgotten: a new one takes a fifth of a second. */
const MOST_FILES = 40;

export interface Memory {
  /** Where results are kept, a file for each question. */
  readonly folder: string;
  /** Names the code that computes them; undefined when that is not known, and then nothing is remembered. */
  readonly program: string | undefined;
}

/** What a result depends on. */
export interface Question {
  /** Whatever is asked, as JSON can hold it. */
  readonly words: unknown;
  /** Folders whose files are read on the way. */
  readonly folders: readonly string[];
}

/**
 * What `compute` gave to the same question in an earlier run, unless a file or the program has changed since. The result
 * has to be pure data. A memory that is damaged or cannot be written is none; it is never an error.
 */
export async function remembered<T>(
  { folder, program }: Memory,
  { words, folders }: Question,
  compute: () => Promise<T>,
): Promise<T> {
  if (program === undefined) return compute();
  const states = (await Promise.all(folders.map(stateOf))).filter((state) => state !== undefined);
  if (states.length < folders.length) return compute();
  const file = path.join(folder, digest([JSON.stringify([words, folders])]).slice(0, 32));
  const inputs = digest([program, process.version, ...states.flat()]);
  const kept = await recall<T>(file);
  if (kept?.inputs === inputs) return kept.result;
  const result = await compute();
  await keep(file, { inputs, result }).catch(() => undefined);
  return result;
}

interface Kept<T> {
  readonly inputs: string;
  readonly result: T;
}

async function recall<T>(file: string): Promise<Kept<T> | undefined> {
  try {
    return deserialize(await readFile(file)) as Kept<T>;
  } catch {
    return undefined;
  }
}

/** Two programs may do it at once: each puts a whole file there. */
async function keep(file: string, kept: Kept<unknown>): Promise<void> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const others = (await readdir(folder)).map((name) => path.join(folder, name));
  if (others.length >= MOST_FILES) await Promise.all(others.map((each) => rm(each, { force: true })));
  const whole = `${file}.${randomUUID()}`;
  try {
    await writeFile(whole, serialize(kept), { mode: 0o600 });
    await rename(whole, file);
  } finally {
    await rm(whole, { force: true });
  }
}

/**
 * Every file with what changes when it is written, replaced or made executable. The time of change cannot be set back.
 * Undefined where a link leads elsewhere: what is behind it changes unseen.
 */
async function stateOf(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.isSymbolicLink())) return undefined;
  const files = entries.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  return Promise.all(
    files.map(async (file) => {
      const { size, mode, ctimeMs, ino } = await lstat(file);
      return [file, size, mode, ctimeMs, ino].join(' ');
    }),
  );
}

function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
