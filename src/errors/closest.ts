/**
 * The candidate that `word` was probably meant to be, whatever the case of its letters.
 * @param within how many letters may differ: a third, where that is enough for a slip or two and too little to guess
 *   another word
 */
export function closest(
  word: string,
  candidates: Iterable<string>,
  within = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  let limit = within;
  let nearest: string | undefined;
  const meant = word.toLowerCase();
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(meant, candidate.toLowerCase());
    if (distance > limit) continue;
    limit = distance - 1;
    nearest = candidate;
  }
  return nearest;
}

/** "; did you mean "namenode"?", or nothing when no candidate is close: the end of a message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const nearest = closest(word, candidates);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours, each counted as one (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
