import { writeSync } from 'node:fs';
import { FailedError } from '../errors/index.js';
import { onlyOurStyles } from './visible.js';

/**
 * The two streams, and the only way to them: what passes has no control characters but line ends, tabs and our own
 * styles, whoever forgot to think of it. A write is done when the other side has it, so whoever awaits the last one may
 * let the process end without losing output in a pipe.
 */
export async function writeStdout(text: string): Promise<void> {
  await writeScreen(onlyOurStyles(text));
}

/** For what moves the cursor; each text in it has been through onlyOurStyles(). */
export async function writeScreen(text: string): Promise<void> {
  const error = await write(process.stdout, text);
  if (error == null || isClosedPipe(error)) return;
  throw new FailedError(`can't write the output: ${error.message}`, 'check where the output goes', { cause: error });
}

/** What can't be said on stderr can't be said at all. */
export async function writeStderr(text: string): Promise<void> {
  await write(process.stderr, onlyOurStyles(text));
}

/** For the last words of a process that waits for nothing any more. */
export function writeAtOnce(stream: 'stdout' | 'stderr', text: string): void {
  writeSync(stream === 'stdout' ? 1 : 2, onlyOurStyles(text));
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

function write(stream: NodeJS.WriteStream, text: string): Promise<Error | null | undefined> {
  return new Promise((resolve) => {
    stream.write(text, resolve);
  });
}
