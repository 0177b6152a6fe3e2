/** Several streams, each in its order, as one. What has the same order stays in the order of the streams. */
export async function* mergeByOrder<T extends { readonly order: string }>(
  streams: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    // All at once: each may be a node that has to be asked.
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      let first = -1;
      let order = '';
      for (const [index, head] of heads.entries()) {
        if (head.done || (first !== -1 && head.value.order >= order)) continue;
        first = index;
        order = head.value.order;
      }
      const head = heads[first];
      const iterator = iterators[first];
      if (!head || head.done || !iterator) return;
      yield head.value;
      heads[first] = await iterator.next();
    }
  } finally {
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.()));
  }
}
