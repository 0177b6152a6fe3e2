/**
 * A function of a module that its first call loads. What takes, restores, compares and sends snapshots brings XML, tars
 * and their like along; a command that only looks for one must not wait for those.
 */
export function lazily<Arguments extends readonly unknown[], Result>(
  load: () => Promise<(...given: Arguments) => Result | Promise<Result>>,
): (...given: Arguments) => Promise<Result> {
  return async (...given) => (await load())(...given);
}
