/** Never settles when `over` comes first; only takes its listener away then. */
export function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}

/** For a race: rejects with the signal's reason; nothing where there is no signal. */
export function givenUp(signal: AbortSignal | undefined, over: AbortSignal): Promise<never>[] {
  return signal ? [whenAborted(signal, over).then(() => Promise.reject(signal.reason))] : [];
}
