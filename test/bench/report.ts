/** A figure with what it is held against. Benches print; they assert nothing about time. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly target: string;
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const lines = figures.map(({ what, value, target }) => `  ${what.padEnd(width)}  ${value.padStart(10)}  ${target}`);
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n\n`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export async function timed<T>(run: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  return { value: await run(), ms: performance.now() - started };
}
