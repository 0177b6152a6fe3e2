import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { FailedError } from '../errors/index.js';

export interface EvidenceEntry {
  readonly path: string;
  readonly size: number;
}

/** A bundle that was read: the index of everything, and the content of what is small. */
export interface Evidence {
  /** Their paths are those inside its folder. */
  readonly entries: readonly EvidenceEntry[];
  /** What stands before them in the tar: "demo-evidence/"; nothing in bundles of older versions. */
  readonly folder: string;
  /** The content of about.json. */
  readonly about: unknown;
  readonly nodes: readonly string[];
  /** Undefined: there is no such file, or it is too large to be held in memory (a log). */
  text(path: string): string | undefined;
}

const LARGEST_TEXT = 1 << 20;
/** All texts together: enough for the config and the thread stacks of sixty nodes. */
const LARGEST_SUM = 128 << 20;
const MOST_ENTRIES = 100_000;
/** Some kilobytes of zstd can become more than anybody waits for. 254 nodes with all of their logs have less. */
const MOST_BYTES = 16e9;
const HINT = 'copy or pull it again; a bundle is a tar.zst file that bdsandbox wrote';

/** @throws FailedError for what is no bundle, or a broken one */
export async function readEvidence(bundle: Readable): Promise<Evidence> {
  const entries: EvidenceEntry[] = [];
  const texts = new Map<string, Buffer>();
  let folder: string | undefined;
  let sum = 0;
  let unpacked = 0;
  const files = extract();
  const read = pipeline(bundle, createZstdDecompress(), files);
  read.catch(() => undefined);
  try {
    for await (const entry of files) {
      const { name, size = 0, type } = entry.header;
      if (type !== 'file') throw broken(`${name} is a ${type}`);
      if (!isInside(name)) throw broken(`a file has the path ${name}`);
      if (entries.length === MOST_ENTRIES) throw broken(`it has more than ${MOST_ENTRIES} files`);
      unpacked += size;
      if (unpacked > MOST_BYTES) throw broken(`it has more than ${MOST_BYTES / 1e9} GB`);
      folder ??= /^[^/]+\/(?=about\.json$)/.exec(name)?.[0] ?? '';
      if (!name.startsWith(folder)) throw broken(`${name} is not in ${folder}`);
      const path = name.slice(folder.length);
      const keep = size <= LARGEST_TEXT && sum + size <= LARGEST_SUM;
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) if (keep) chunks.push(chunk);
      entries.push({ path, size });
      if (keep) {
        sum += size;
        texts.set(path, Buffer.concat(chunks));
      }
    }
    await read;
  } catch (error) {
    files.destroy();
    if (error instanceof FailedError) throw error;
    throw broken(error instanceof Error ? error.message : String(error), error);
  }
  const about = aboutOf(texts.get('about.json'));
  const nodes = new Set(entries.flatMap(({ path }) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [])));
  return {
    entries,
    folder: folder ?? '',
    about,
    nodes: [...nodes].sort(),
    text: (path) => texts.get(path)?.toString(),
  };
}

/** Whoever unpacks the bundle relies on it. */
function isInside(path: string): boolean {
  return path !== '' && !posix.isAbsolute(path) && posix.normalize(path) === path && !path.startsWith('..');
}

function aboutOf(content: Buffer | undefined): unknown {
  if (content === undefined) throw broken('it has no about.json');
  try {
    return JSON.parse(content.toString());
  } catch (cause) {
    throw broken('its about.json is no JSON', cause);
  }
}

function broken(reason: string, cause?: unknown): FailedError {
  return new FailedError(`the evidence cannot be read: ${reason}`, HINT, { cause });
}
