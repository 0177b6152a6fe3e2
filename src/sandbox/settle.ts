/**
 * Runs all at once and waits for every one, also when one fails: a rollback must not start while calls are in flight.
 * @throws the first failure in the order of `items`
 */
export async function forAll<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const outcomes = await Promise.allSettled(items.map(run));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
