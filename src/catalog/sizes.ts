import type { Group, Template, Topology } from './types.js';

/** Every number of nodes this topology can have, smallest first. */
export function sizesOfTopology({ groups }: Topology): number[] {
  return groups.reduce<number[]>(
    (sums, group) =>
      [...new Set(sums.flatMap((sum) => sizesOfGroup(group).map((size) => sum + size)))].sort((a, b) => a - b),
    [0],
  );
}

function sizesOfGroup({ nodes }: Group): number[] {
  if (nodes === undefined) return [1];
  const count = Math.floor((nodes.max - nodes.min) / nodes.step) + 1;
  return Array.from({ length: count }, (_, index) => nodes.min + index * nodes.step);
}

export function sizesOfTemplate({ topologies }: Template): number[] {
  return topologies.flatMap(sizesOfTopology).sort((a, b) => a - b);
}

/** "1 or 3 to 60", "1, 3, 5 or 7" */
export function describeSizes(sizes: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const size of sizes) {
    const run = runs.at(-1);
    if (run && run[1] === size - 1) run[1] = size;
    else runs.push([size, size]);
  }
  const parts = runs.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}
