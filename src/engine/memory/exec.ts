import { once } from 'node:events';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { ExecOptions, ExecResult } from '../port.js';
import { givenUp, whenAborted } from './aborted.js';
import { mountedFiles } from './mounts.js';
import { emptyInput } from './programs.js';
import { conflict } from './run.js';
import type { MemoryContainer, World } from './world.js';

const NO_SUCH_COMMAND = 127;
const KILLED = 137;

export async function execIn(
  world: World,
  container: MemoryContainer,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (container.state === 'paused') throw conflict(container, 'is paused, unpause the container before exec');
  if (container.state !== 'running') throw conflict(container, 'is not running');

  const killed = container.run.signal;
  const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const over = new AbortController();
  const writer = (stream: 'stdout' | 'stderr') => async (output: string | Buffer) => {
    if (killed.aborted || over.signal.aborted) return;
    const sink = options[stream];
    if (sink) await write(sink, Buffer.from(output));
    else collected[stream].push(Buffer.from(output));
  };
  const program = world.programs.find(command);
  const input = options.stdin && inputOf(options.stdin);
  const ended = program
    ? (async () =>
        program({
          command,
          environment: { ...container.environment, ...options.environment },
          workingDirectory: options.workingDirectory,
          stdin: input?.stream ?? emptyInput(),
          container: { id: container.id, name: container.spec.name, labels: container.labels },
          files: mountedFiles(world, container),
          killed,
          stdout: writer('stdout'),
          stderr: writer('stderr'),
        }))()
    : Promise.resolve(NO_SUCH_COMMAND);

  try {
    const exitCode = await Promise.race([
      ended,
      whenAborted(killed, over.signal).then(() => KILLED),
      ...givenUp(signal, over.signal),
    ]);
    return {
      exitCode: killed.aborted ? KILLED : (exitCode ?? 0),
      stdout: Buffer.concat(collected.stdout).toString('utf8'),
      stderr: Buffer.concat(collected.stderr).toString('utf8'),
    };
  } finally {
    over.abort();
    input?.stop();
  }
}

/** The program's own end of the input: it reads an end when nobody listens to it any more. */
function inputOf(source: Readable): { readonly stream: Readable; stop(): void } {
  const stream = new PassThrough();
  const fail = (error: Error): void => void stream.destroy(error);
  // A program that does not read it does not care.
  stream.on('error', () => undefined);
  source.on('error', fail);
  source.pipe(stream);
  return {
    stream,
    stop: () => {
      source.unpipe(stream);
      source.off('error', fail);
      stream.end();
    },
  };
}

async function write(sink: Writable, data: Buffer): Promise<void> {
  if (!sink.write(data)) await once(sink, 'drain');
}
