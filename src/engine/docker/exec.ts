import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { NotFoundError } from '../../errors/index.js';
import type { ExecOptions, ExecResult } from '../port.js';
import type { Connection } from './connection.js';
import { Demux } from './demux.js';
import type { About } from './fault.js';

const KILLED = 137;

/** @see Containers.exec */
export async function execIn(
  connection: Connection,
  id: string,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { signal, tty, stdin } = options;
  signal?.throwIfAborted();
  const about: About = { action: `run ${command[0] ?? 'a command'} in container ${id.slice(0, 12)}` };

  const exec = await connection.askSoon(about, (docker, abortSignal) =>
    docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdin: stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      Tty: tty !== undefined,
      Env: Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(options.workingDirectory === undefined ? {} : { WorkingDir: options.workingDirectory }),
      abortSignal,
    }),
  );
  // Hijacked: the answer is a plain two-way socket whose writing side can be closed by itself, as stdin needs.
  const socket = await connection.ask(about, () => exec.start({ hijack: true, Detach: false, Tty: tty !== undefined }));

  const abort = (): void => void socket.destroy(new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  // A write to a command that no longer reads fails after our last look at the socket; nobody is left to hear it then.
  socket.on('error', () => undefined);
  const feeding = stdin === undefined ? undefined : feed(stdin, socket);
  try {
    if (tty) followSize(exec, tty);
    const output = await collect(socket, options, tty !== undefined);
    const exitCode = await exitCodeOf(connection, exec, id, about, signal);
    return { exitCode, ...output };
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

async function collect(
  socket: Duplex,
  options: ExecOptions,
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

/**
 * The stream ends a moment before the engine has taken note of the exit code, and much earlier for a command that
 * closes its outputs and goes on. The engine also forgets the exec when the container is removed underneath.
 */
async function exitCodeOf(
  connection: Connection,
  exec: Dockerode.Exec,
  id: string,
  about: About,
  signal: AbortSignal | undefined,
): Promise<number> {
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      const found = await connection.askSoon(about, (_docker, abortSignal) => exec.inspect({ abortSignal }));
      if (!found.Running) return found.ExitCode ?? KILLED;
      // Only now and then: the exec itself is nearly always right.
      if (pauseMs === 500 && !(await isRunning(connection, id, about))) return KILLED;
    } catch (error) {
      if (error instanceof NotFoundError) return KILLED;
      throw error;
    }
    await sleep(pauseMs, undefined, signal ? { signal } : {});
  }
}

async function isRunning(connection: Connection, id: string, about: About): Promise<boolean> {
  const found = await connection.askSoon(about, (docker, abortSignal) =>
    docker.getContainer(id).inspect({ abortSignal }),
  );
  return found.State.Running;
}

function followSize(exec: Dockerode.Exec, tty: NonNullable<ExecOptions['tty']>): void {
  const apply = async (columns: number, rows: number): Promise<void> => {
    // The engine refuses a size until the process is there, a moment after the socket; docker's own client tries 10
    // times too. A terminal of the wrong size is no reason to fail.
    for (let attempt = 0; attempt < 10; attempt += 1) {
      try {
        await exec.resize({ w: columns, h: rows });
        return;
      } catch {
        await sleep(20);
      }
    }
  };
  void apply(tty.columns, tty.rows);
  tty.onResize?.((columns, rows) => void apply(columns, rows));
}
