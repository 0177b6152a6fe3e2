import { FailedError } from '../errors/index.js';

/**
 * The two streams. A write is done when the other side has it, so whoever awaits the last one may let the process end
 * without losing output in a pipe.
 */
export async function writeStdout(chunk: string | Uint8Array): Promise<void> {
  const error = await write(process.stdout, chunk);
  if (error == null || isClosedPipe(error)) return;
  throw new FailedError(`can't write the output: ${error.message}`, 'check where the output goes', { cause: error });
}

/** What can't be said on stderr can't be said at all. */
export async function writeStderr(chunk: string | Uint8Array): Promise<void> {
  await write(process.stderr, chunk);
}

/**
 * Without a listener a failed write ends the process with a stack trace. Writes report their own errors above, and a
 * reader that has gone (`bdsandbox ls | head -1`) is no error of ours.
 */
export function survivePipeErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

function write(stream: NodeJS.WriteStream, chunk: string | Uint8Array): Promise<Error | null | undefined> {
  return new Promise((resolve) => {
    stream.write(chunk, resolve);
  });
}
