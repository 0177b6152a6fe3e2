import { finished, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { EngineFailedError, SandboxError } from '../../errors/index.js';

const BLOCK = 512;
const CHUNK_BYTES = 65_536;

export interface TarEntry {
  /** Of a folder with a slash at its end. */
  readonly name: string;
  readonly content: Buffer;
  /** Of what was read. */
  readonly modified?: Date;
}

/** Made at once, which tar-stream cannot: a test puts images into the engine without waiting. No times, no owners. */
export function packTar(entries: Iterable<TarEntry>): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, content } of entries) {
    if (Buffer.byteLength(name) > 100) {
      const record = paxRecord('path', name);
      blocks.push(header('pax', record.length, 'x'), padded(record));
    }
    blocks.push(header(name, content.length, name.endsWith('/') ? '5' : '0'), padded(content));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** The files of a tar, and its folders where they are asked for; links are of no interest here. @throws EngineFailedError; the signal's reason */
export async function unpackTar(
  tar: Readable,
  about: { readonly action: string; readonly signal?: AbortSignal | undefined; readonly folders?: boolean },
): Promise<TarEntry[]> {
  const { action, signal, folders = false } = about;
  signal?.throwIfAborted();
  const { extract } = await import('tar-stream');
  const unpacked = extract();
  const abort = (): void => void tar.destroy(new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  finished(tar, (error) => {
    if (error) unpacked.destroy(error);
  });
  const files: TarEntry[] = [];
  try {
    for await (const entry of tar.pipe(unpacked)) {
      const content = await buffer(entry);
      const { type, name, mtime: modified } = entry.header;
      const pax: { readonly mtime?: string } = entry.header.pax ?? {};
      if (type === 'file') files.push({ name, content });
      if (type === 'directory' && folders) {
        // To the millisecond, as engines read it; the plain header has seconds.
        const exact = pax.mtime === undefined ? modified : new Date(Number(pax.mtime) * 1000);
        files.push({ name: `${name.replace(/\/$/, '')}/`, content, ...(exact && { modified: exact }) });
      }
    }
    return files;
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof SandboxError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineFailedError(`cannot ${action}: ${reason}`, 'check the tar: tar -tf FILE', { cause });
  } finally {
    signal?.removeEventListener('abort', abort);
    tar.destroy();
  }
}

/** In pieces, as from a network. @param signal destroys the stream with its reason */
export function streamOf(tar: Buffer, signal?: AbortSignal): Readable {
  const chunks = Array.from({ length: Math.ceil(tar.length / CHUNK_BYTES) }, (_, index) =>
    tar.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  );
  const stream = Readable.from(chunks, { objectMode: false });
  // It may fail before the caller looks, and is still found failed then.
  stream.on('error', () => undefined);
  const abort = (): void => void stream.destroy(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  stream.once('close', () => signal?.removeEventListener('abort', abort));
  return stream;
}

/** The format is POSIX ustar: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
function header(name: string, size: number, type: '0' | '5' | 'x'): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name.slice(0, 100), 0, 100, 'utf8');
  block.write(octal(type === '5' ? 0o755 : 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  // The sum counts its own field as blanks.
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

function padded(content: Buffer): Buffer {
  const rest = content.length % BLOCK;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(BLOCK - rest)]);
}

/** "LENGTH key=value\n", where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
