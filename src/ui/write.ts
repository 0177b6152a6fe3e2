/**
 * The two streams. A write is done when the other side has it, so whoever awaits the last one may let the process end
 * without losing output in a pipe.
 */
export async function writeStdout(chunk: string | Uint8Array): Promise<void> {
  await write(process.stdout, chunk);
}

export async function writeStderr(chunk: string | Uint8Array): Promise<void> {
  await write(process.stderr, chunk);
}

/** A reader that has gone (`bdsandbox ls | head -1`) is no error of ours. Any other failed write is. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Settles on errors too: the stream's error event tells those apart. */
async function write(stream: NodeJS.WriteStream, chunk: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write(chunk, () => resolve());
  });
}
