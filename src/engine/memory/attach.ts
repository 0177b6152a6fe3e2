import { PassThrough } from 'node:stream';
import type { Attached, AttachOptions, ContainerSpec } from '../port.js';
import { givenUp, whenAborted } from './aborted.js';
import type { MemoryContainer } from './world.js';

/** Of a run of the main process. */
export function mainInputOf({ stdin = false }: ContainerSpec): PassThrough | undefined {
  return stdin ? new PassThrough() : undefined;
}

export function attachTo(container: MemoryContainer, options: AttachOptions): Attached {
  const { stdin, stdout, signal } = options;
  signal?.throwIfAborted();
  const { run, input, listeners } = container;
  const over = new AbortController();
  listeners.add(stdout);
  if (input) stdin.pipe(input);
  const ended = Promise.race([whenAborted(run.signal, over.signal), ...givenUp(signal, over.signal)]).finally(() => {
    over.abort();
    listeners.delete(stdout);
    if (!input) return;
    stdin.unpipe(input);
    input.end();
  });
  return { ended };
}
