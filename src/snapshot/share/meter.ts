import type { OnProgress } from '../../engine/index.js';

/** The bytes of several transfers at once, as one line. */
export class Meter {
  readonly #parts = new Map<string, { done: number; total: number }>();

  constructor(private readonly say: (detail: string) => void) {}

  /** Of one transfer. */
  part(name: string): OnProgress {
    return ({ doneBytes, totalBytes }) => {
      if (doneBytes === undefined) return;
      this.#parts.set(name, { done: doneBytes, total: totalBytes ?? doneBytes });
      this.say(this.#text());
    };
  }

  #text(): string {
    const parts = [...this.#parts.values()];
    const sum = (key: 'done' | 'total'): number => parts.reduce((all, part) => all + part[key], 0);
    return `${megabytes(sum('done'))} of ${megabytes(sum('total'))}`;
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
