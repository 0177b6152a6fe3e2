/**
 * Waits for every one, also when one fails: a rollback must not start while calls are in flight. `stop` is called at the
 * first failure, so that nobody waits longer than needed for what is of no use any more.
 * @throws the failure that came first in time; those after it may be nothing but its consequence
 */
export async function allOrStop<const T extends readonly unknown[]>(
  running: T,
  stop: () => void,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  let failure: { readonly error: unknown } | undefined;
  const watch = async (each: unknown): Promise<void> => {
    try {
      await each;
    } catch (error) {
      if (failure) return;
      failure = { error };
      stop();
    }
  };
  await Promise.all(running.map(watch));
  if (failure) throw failure.error;
  return Promise.all(running) as Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }>;
}
