import { finished, type Readable, Transform, type TransformCallback } from 'node:stream';
import type Dockerode from 'dockerode';
import type { Connection } from './connection.js';
import { textField } from './docker-config.js';
import type { About } from './fault.js';
import { StreamedError } from './progress.js';

/** A tar ends with two blocks of zeros. */
const END = Buffer.alloc(1024);
/** Enough for the error that the engine appends to an archive that it cannot finish. */
const TAIL_BYTES = 8192;

/**
 * The tar the engine answers with. Errors of the stream are in our family too, and an archive that stops in the middle
 * is an error: the engine has sent "200 OK" by then, so all it can do is to add its reason to the archive and end.
 * @param signal destroys the stream with its reason
 */
export async function download(
  connection: Connection,
  about: About,
  request: (docker: Dockerode, abortSignal: AbortSignal | undefined) => Promise<NodeJS.ReadableStream>,
  signal?: AbortSignal,
): Promise<Readable> {
  signal?.throwIfAborted();
  let source: Readable;
  try {
    source = (await connection.ask(about, (docker) => request(docker, signal))) as Readable;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  const archive = new WholeArchive((error) => connection.translate(error, about));
  // It may fail before the caller looks, and is still found failed then.
  archive.on('error', () => undefined);
  const abort = (): void => void archive.destroy(asError(signal?.reason));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  finished(source, (error) => {
    if (error) archive.destroy(signal?.aborted ? asError(signal.reason) : connection.translate(error, about));
  });
  // A reader that has enough frees the connection.
  archive.once('close', () => {
    signal?.removeEventListener('abort', abort);
    source.destroy();
  });
  source.pipe(archive);
  return archive;
}

class WholeArchive extends Transform {
  #tail: Buffer = Buffer.alloc(0);
  readonly #translate: (error: Error) => Error;

  constructor(translate: (error: Error) => Error) {
    super();
    this.#translate = translate;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const known = chunk.length < TAIL_BYTES ? Buffer.concat([this.#tail, chunk]) : chunk;
    this.#tail = known.subarray(-TAIL_BYTES);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const isWhole = this.#tail.subarray(-END.length).equals(END);
    done(isWhole ? null : this.#translate(new StreamedError(reasonIn(this.#tail))));
  }
}

function reasonIn(tail: Buffer): string {
  const json = /\{"(?:errorDetail|message|error)".*\}\s*$/.exec(tail.toString('utf8'))?.[0] ?? '';
  try {
    const parsed: unknown = JSON.parse(json);
    const reason = textField(parsed, 'errorDetail', 'message') ?? textField(parsed, 'message');
    if (reason !== undefined) return reason;
  } catch {
    // Not the engine's words, only the middle of a file.
  }
  return 'the archive breaks off in the middle';
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
