import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { ExecOptions } from '../port.js';
import { Demux } from './demux.js';

export interface Feeding {
  /** What the source failed with; the command is cut off then, since its input is not whole. */
  readonly failure: Error | undefined;
  stop(): void;
}

export function feed(stdin: Readable, socket: Duplex): Feeding {
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

export async function collect(
  socket: Duplex,
  options: Pick<ExecOptions, 'stdin' | 'stdout' | 'stderr' | 'signal'>,
  raw: boolean,
): Promise<{ stdout: string; stderr: string }> {
  const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const sinks = { stdout: options.stdout, stderr: options.stderr };
  const demux = new Demux();
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      const parts = raw ? [{ stream: 'stdout', data: chunk } as const] : demux.push(chunk);
      for (const { stream, data } of parts) {
        const sink = sinks[stream];
        if (sink) await write(sink, data);
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

/** Waits for a slow sink, so that a fast command does not fill our memory. */
async function write(sink: Writable, data: Buffer): Promise<void> {
  if (sink.write(data)) return;
  await once(sink, 'drain');
}

function isBrokenPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ECONNRESET';
}
