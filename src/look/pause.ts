import { setTimeout as sleep } from 'node:timers/promises';

/** @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // A timer's own error has the reason as its cause only.
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
