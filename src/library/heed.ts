import { asSandboxError, InterruptedError } from '../errors/index.js';

/** What a call that undoes its work by itself throws is one of the project's errors, whatever the signal's reason is. */
export async function asOwnErrors<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  try {
    if (signal?.aborted) throw signal.reason;
    return await run();
  } catch (error) {
    const own = asSandboxError(error);
    throw signal?.aborted && own.code === 'BUG' ? interrupted(error) : own;
  }
}

/** The same for what can be given up at any time: nobody waits for it any longer. */
export function orGiveUp<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  return asOwnErrors(signal, async () => {
    if (!signal) return run();
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(interrupted(signal.reason));
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([run(), givenUp]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  });
}

function interrupted(cause: unknown): InterruptedError {
  return new InterruptedError('interrupted', 'the signal of the call was aborted', { cause });
}
