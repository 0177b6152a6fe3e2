import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';

export type Unit = 's' | 'ms' | 'GB' | 'ratio';

/** A figure with what it is held against. Benches print and record; they assert nothing about time. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** In the same unit. */
  readonly atMost?: number;
}

/** One run of benches, as docs/performance/history.json has it, newest last. */
export interface Run {
  /** UTC ISO 8601, when the run began. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  /** By title of what was measured together, since only figures of one run can be compared. */
  figures: Record<string, readonly Figure[]>;
}

export const HISTORY = path.resolve(import.meta.dirname, '../../docs/performance/history.json');

/** Prints the figures, and keeps them in the history. */
export async function reportFigures(title: string, rounds: string, figures: readonly Figure[]): Promise<void> {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const lines = figures.map(
    (figure) => `  ${figure.what.padEnd(width)}  ${asText(figure).padStart(9)}  ${targetOf(figure)}`,
  );
  process.stdout.write(`\n${title} (${rounds})\n${lines.join('\n')}\n\n`);
  const date = inject('benchStarted');
  const history = JSON.parse(await readFile(HISTORY, 'utf8').catch(() => '[]')) as Run[];
  let run = history.find((each) => each.date === date);
  if (!run) {
    run = { date, commit: commit(), machine: machine(), figures: {} };
    history.push(run);
  }
  run.figures[title] = figures.map(({ value, ...rest }) => ({ ...rest, value: Number(value.toPrecision(4)) }));
  await mkdir(path.dirname(HISTORY), { recursive: true });
  await writeFile(HISTORY, `${JSON.stringify(history, null, 2)}\n`);
}

export function asText({ value, unit }: Figure): string {
  if (unit === 'ms') return `${value.toFixed(0)} ms`;
  if (unit === 'ratio') return value.toFixed(value < 1 ? 3 : 2);
  return `${value.toFixed(2)} ${unit}`;
}

export function targetOf(figure: Figure): string {
  return figure.atMost === undefined ? '' : `at most ${asText({ ...figure, value: figure.atMost })}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Milliseconds of a command, one run after the other. */
export async function medianOf(
  runs: number,
  env: Readonly<Record<string, string>>,
  command: string,
  args: readonly string[],
): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push((await timed(() => execa(command, args, { env }))).ms);
  return median(times);
}

/** Of milliseconds. */
export function seconds(what: string, ms: number | readonly number[], atMost?: number): Figure {
  const value = (typeof ms === 'number' ? ms : median(ms)) / 1000;
  return { what, value, unit: 's', ...(atMost !== undefined && { atMost }) };
}

export function ratio(what: string, value: number, atMost?: number): Figure {
  return { what, value, unit: 'ratio', ...(atMost !== undefined && { atMost }) };
}

export function gigabytes(what: string, bytes: number, atMost?: number): Figure {
  return { what, value: bytes / 1e9, unit: 'GB', ...(atMost !== undefined && { atMost }) };
}

export function nodesText(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}

export async function timed<T>(run: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  return { value: await run(), ms: performance.now() - started };
}

/** In the order in which they came, for the title: whether they drift is seen there. */
export function inOrder(values: readonly number[]): string {
  return values.map((ms) => (ms / 1000).toFixed(2)).join(' ');
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} x ${cpu?.model.trim() ?? '?'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}`;
}
