import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { finished } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { z } from 'zod';
import { FailedError, NotFoundError, SandboxError } from '../../errors/index.js';
import { ABOUT, type About, aboutSchema, CHECKSUMS, checksumsSchema, FORMAT, IMAGES, MEMORY } from './file-format.js';

export type Entry = Extract extends AsyncIterable<infer One> ? One : never;

/** Configs and lists; every layer that matters is larger, or is read again. */
const SMALL = 2 << 20;
/** Of small files all together, and of entries: 254 nodes have fewer. */
const MOST_SMALL = 256 << 20;
const MOST_ENTRIES = 100_000;

export interface VerifiedFile {
  readonly path: string;
  readonly about: About;
  /** sha256 in hex by entry; of a link, of what it leads to. */
  readonly checksums: ReadonlyMap<string, string>;
  /** Small files of the images, by the name that they have without the prefix. */
  readonly small: ReadonlyMap<string, Buffer>;
  /** Links among them, to what they lead to. */
  readonly links: ReadonlyMap<string, string>;
  readonly bytes: number;
}

/** The entries one after the other; each is to be read or resumed. @throws FailedError for a file that is damaged */
export async function* readEntries(
  path: string,
  signal: AbortSignal | undefined,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Entry> {
  signal?.throwIfAborted();
  const handle = await openFile(path);
  const file = handle.createReadStream({ highWaterMark: 1 << 18 });
  const unzip = createZstdDecompress();
  const entries = extract();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  const abort = (): void => fail(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  for (const stream of [file, unzip]) finished(stream, (error) => error && fail(error));
  let bytes = 0;
  file.on('data', (chunk) => {
    bytes += chunk.length;
    onBytes?.(bytes);
  });
  try {
    for await (const entry of file.pipe(unzip).pipe(entries)) yield entry;
  } catch (error) {
    signal?.throwIfAborted();
    throw damaged(path, failure ?? error);
  } finally {
    signal?.removeEventListener('abort', abort);
    for (const stream of [file, unzip]) stream.destroy();
  }
}

/** A pipe, a device or a folder would never end, or never begin. @throws NotFoundError, FailedError */
async function openFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // Without it the opening of a pipe waits for somebody who writes.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw damaged(path, error);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new FailedError(`${path} is no regular file`, 'give the file that bdsandbox snapshots export wrote');
}

/**
 * Reads all of it, and trusts nothing before its end.
 * @throws NotFoundError, FailedError when it is cut off, altered, or no snapshot
 */
export async function verifyFile(
  path: string,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<VerifiedFile> {
  const checksums = new Map<string, string>();
  const small = new Map<string, Buffer>();
  const links = new Map<string, string>();
  let about: About | undefined;
  let said: unknown;
  let bytes = 0;
  let unpacked = 0;
  let kept = 0;
  const count = (read: number): void => {
    bytes = read;
    onBytes(read);
  };
  for await (const entry of readEntries(path, signal, count)) {
    const { name, type, linkname, size = 0 } = entry.header;
    if (!about && name !== ABOUT) throw notOurs(path);
    const wrong =
      wrongEntry(entry, checksums.size) ??
      (checksums.has(name) || said !== undefined ? 'in the wrong place' : undefined);
    if (wrong !== undefined) throw damaged(path, new Error(`${JSON.stringify(name)} is ${wrong}`));
    unpacked += size;
    const keep = name === ABOUT || name === CHECKSUMS || size <= SMALL;
    if (keep) kept += size;
    if (about && (unpacked > about.bytes || kept > MOST_SMALL))
      throw damaged(path, new Error('it has more than it says'));
    if (size > SMALL && !name.startsWith(IMAGES) && !name.startsWith(MEMORY)) {
      throw damaged(path, new Error(`${name} is too large`));
    }
    const { digest, content } = await read(path, entry, keep);
    if (name === CHECKSUMS) said = content.toString();
    else checksums.set(name, type === 'symlink' ? sha256(linkname ?? '') : digest);
    if (name === ABOUT) about = readAbout(path, content.toString());
    if (!name.startsWith(IMAGES)) continue;
    if (type === 'symlink') links.set(name.slice(IMAGES.length), linkname ?? '');
    else if (size <= SMALL) small.set(name.slice(IMAGES.length), content);
  }
  if (!about || said === undefined) throw damaged(path, new Error('its end is missing'));
  compare(path, checksums, String(said));
  return { path, about, checksums, small, links, bytes };
}

/** What export writes: files, and links from one layer to an equal one. */
function wrongEntry({ header: { name, type, linkname } }: Entry, entries: number): string | undefined {
  if (entries >= MOST_ENTRIES) return 'one of too many';
  if (!isPlain(name)) return 'no name of ours';
  if (type === 'file' || type === 'contiguous-file') return undefined;
  const isLayer = type === 'symlink' && name.startsWith(IMAGES);
  return isLayer && /^\.\.\/[0-9a-f]+\/layer\.tar$/.test(linkname ?? '') ? undefined : `a ${type}`;
}

function isPlain(name: string): boolean {
  return name.length < 512 && /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split('/').some((part) => /^\.+$/.test(part));
}

function compare(path: string, found: ReadonlyMap<string, string>, said: string): void {
  const wanted = new Map(Object.entries(parse(path, checksumsSchema, said)));
  const wrong = [...wanted.keys(), ...found.keys()].find((name) => wanted.get(name) !== found.get(name));
  if (wrong === undefined) return;
  throw new FailedError(
    `${path} was altered: ${JSON.stringify(wrong)} is not what was exported`,
    'copy it again, or export it again',
  );
}

async function read(path: string, entry: Entry, keep: boolean): Promise<{ digest: string; content: Buffer }> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (keep) chunks.push(chunk);
    }
  } catch (error) {
    throw damaged(path, error);
  }
  return { digest: hash.digest('hex'), content: Buffer.concat(chunks) };
}

function readAbout(path: string, text: string): About {
  const { format } = parse(path, z.looseObject({ format: z.number() }), text);
  if (format === FORMAT) return parse(path, aboutSchema, text);
  throw new FailedError(`${path} has format ${format}, which a newer bdsandbox made`, 'update bdsandbox');
}

export function parse<T>(path: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(path, error);
  }
}

export function damaged(path: string, cause: unknown): SandboxError {
  if (cause instanceof SandboxError) return cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return new NotFoundError(`there is no file ${path}`, 'check its path', { cause });
  if (cause instanceof Error && 'syscall' in cause) {
    return new FailedError(`cannot read ${path}: ${cause.message}`, 'check the file', { cause });
  }
  if (code === 'ZSTD_error_prefix_unknown') return notOurs(path);
  const reason = cause instanceof z.ZodError ? 'it has not the form of a snapshot' : String(Object(cause).message);
  return new FailedError(`${path} is damaged or cut off: ${reason}`, 'copy it again, or export it again', { cause });
}

function notOurs(path: string): FailedError {
  return new FailedError(`${path} is no snapshot`, 'files of snapshots are made by: bdsandbox snapshots export');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
