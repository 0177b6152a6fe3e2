import type { Report, StepTitle } from './index.js';

/** What a step may say while it runs. */
export interface Step {
  /** Replaces the last detail shown. */
  progress(detail: string): void;
  /** Said when the step ends well. */
  result(detail: string): void;
}

/**
 * Runs the steps of a flow in the order the code takes them, tells each one's start, end and time, and keeps the times.
 * Titles are known up front so that a renderer can show what is still to come.
 */
export class Flow {
  readonly #report: Report;
  readonly #timings = new Map<string, number>();
  readonly #startedAt = performance.now();

  constructor(title: string, steps: readonly StepTitle[], report: Report) {
    this.#report = report;
    report({ type: 'flow', title, steps });
  }

  async step<T>(id: string, run: (step: Step) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let detail: string | undefined;
    this.#report({ type: 'step-started', step: id });
    try {
      const value = await run({
        progress: (text) => this.#report({ type: 'step-progress', step: id, detail: text }),
        result: (text) => {
          detail = text;
        },
      });
      const elapsedMs = Math.round(performance.now() - startedAt);
      this.#timings.set(id, elapsedMs);
      this.#report({ type: 'step-done', step: id, elapsedMs, ...(detail === undefined ? {} : { detail }) });
      return value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report({ type: 'step-failed', step: id, detail: reason });
      throw error;
    }
  }

  skip(id: string, detail: string): void {
    this.#report({ type: 'step-skipped', step: id, detail });
  }

  /** Milliseconds of each finished step by its id in camelCase, and `total` since the flow began. */
  timings(): Record<string, number> {
    return { ...Object.fromEntries(this.#timings), total: Math.round(performance.now() - this.#startedAt) };
  }
}

/** Times of two flows that somebody waited for one after the other: of a phase that both had, and in all, the sum. */
export function inSequence(
  { total: before = 0, ...first }: Readonly<Record<string, number>>,
  { total: after = 0, ...second }: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = Object.entries(second).map(([phase, ms]) => [phase, (first[phase] ?? 0) + ms] as const);
  return { ...first, ...Object.fromEntries(sums), total: before + after };
}
