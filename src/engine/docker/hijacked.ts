import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { ExecOptions } from '../port.js';
import type { Connection } from './connection.js';
import { Demux } from './demux.js';
import type { About } from './fault.js';

type SpeakOptions = Pick<ExecOptions, 'stdin' | 'stdout' | 'stderr' | 'signal'>;

/** What no sink took. */
interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Over a plain two-way socket, as the engine makes one of a request, to the end of what the other side says.
 * @param end what is asked after that, while the signal still counts
 */
export async function speak<T>(
  connection: Connection,
  socket: Duplex,
  about: About,
  options: SpeakOptions,
  end: (output: Output) => T | Promise<T>,
): Promise<T> {
  const { signal, stdin } = options;
  const abort = (): void => void socket.destroy(new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  // A write to a command that no longer reads fails after our last look at the socket; nobody is left to hear it then.
  socket.on('error', () => undefined);
  const feeding = stdin === undefined ? undefined : feed(stdin, socket);
  try {
    return await end(await collect(socket, options));
  } catch (error) {
    signal?.throwIfAborted();
    throw connection.translate(feeding?.failure ?? error, about);
  } finally {
    signal?.removeEventListener('abort', abort);
    feeding?.stop();
    socket.destroy();
  }
}

interface Feeding {
  /** What the source failed with; the command is cut off then, since its input is not whole. */
  readonly failure: Error | undefined;
  stop(): void;
}

function feed(stdin: Readable, socket: Duplex): Feeding {
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure = error;
    socket.destroy(error);
  };
  stdin.on('error', fail);
  stdin.pipe(socket);
  return {
    get failure() {
      return failure;
    },
    stop: () => {
      stdin.unpipe(socket);
      stdin.off('error', fail);
    },
  };
}

async function collect(socket: Duplex, options: SpeakOptions): Promise<Output> {
  const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const sinks = { stdout: options.stdout, stderr: options.stderr };
  const demux = new Demux();
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      for (const { stream, data } of demux.push(chunk)) {
        const sink = sinks[stream];
        if (sink) await write(sink, data, options.signal);
        else collected[stream].push(data);
      }
    }
  } catch (error) {
    // A command may end without reading all its input: the engine closes the socket under our writing. That is an end
    // like any other, and the exit code tells the rest.
    if (options.stdin === undefined || options.signal?.aborted || !isBrokenPipe(error)) throw error;
  }
  return {
    stdout: Buffer.concat(collected.stdout).toString('utf8'),
    stderr: Buffer.concat(collected.stderr).toString('utf8'),
  };
}

/** Waits for a slow sink, so that a fast command does not fill our memory; one that was given up never says that it goes on. */
async function write(sink: Writable, data: Buffer, signal: AbortSignal | undefined): Promise<void> {
  if (sink.write(data)) return;
  await once(sink, 'drain', { signal });
}

function isBrokenPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ECONNRESET';
}
