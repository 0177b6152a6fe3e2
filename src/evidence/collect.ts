import { PassThrough, Readable } from 'node:stream';
import type { Engine } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import type { FilesTar, NodeSource } from './types.js';

const SCRIPT = '/usr/lib/bdsandbox/evidence';
/** The script has a limit of its own, of 3 s; the rest is for a host that is busy. */
const VIEWS_LIMIT_MS = 15_000;
/** Thread stacks of a node with many tasks are some megabytes. */
const LARGEST_VIEWS = 64 << 20;

/**
 * What a running node says of itself, now. Whatever goes wrong with the node is a problem; rejects only with the reason of
 * the signal.
 */
export async function collectNodeViews(
  engine: Engine,
  container: string,
  signal?: AbortSignal,
): Promise<Required<Pick<NodeSource, 'views' | 'problems'>>> {
  const limit = AbortSignal.timeout(VIEWS_LIMIT_MS);
  const output = new PassThrough();
  const chunks: Buffer[] = [];
  let size = 0;
  const collected = (async () => {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= LARGEST_VIEWS) chunks.push(chunk);
    }
  })();
  const problems: string[] = [];
  try {
    await run(engine, container, 'views', output, signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    signal?.throwIfAborted();
    problems.push(limit.aborted ? `views: no end within ${VIEWS_LIMIT_MS / 1000} s` : `views: ${reasonOf(error)}`);
  }
  output.end();
  await collected;
  // What is cut off says so when it is read.
  return { views: size > 0 ? Readable.from(chunks) : undefined, problems };
}

/** Config and logs of a running node, read as they are wanted. What goes wrong is the error of the stream. */
export function collectNodeFiles(engine: Engine, container: string, signal?: AbortSignal): FilesTar {
  const output = new PassThrough();
  const given = new AbortController();
  // Nobody may be listening yet, and nobody wants the rest of a stream that was given up.
  output.on('error', () => undefined);
  output.on('close', () => given.abort());
  run(engine, container, 'files', output, signal ? AbortSignal.any([signal, given.signal]) : given.signal).then(
    () => output.end(),
    (error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return { prefix: '/', tar: output };
}

/** @throws FailedError unless the script ends well */
async function run(
  engine: Engine,
  container: string,
  what: 'views' | 'files',
  stdout: PassThrough,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, stderr } = await engine.containers.exec(container, [SCRIPT, what], { stdout, signal });
  if (exitCode === 0) return;
  if (exitCode === 126 || exitCode === 127) {
    throw new FailedError("the node's image is too old to give evidence", 'create the sandbox again');
  }
  const said = stderr.trim().split('\n').at(-1) ?? '';
  throw new FailedError(`evidence ${what} ended with ${exitCode}${said === '' ? '' : `: ${said}`}`, 'see docker logs');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
