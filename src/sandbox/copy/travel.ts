import { Transform, type TransformCallback } from 'node:stream';
import type { Report } from '../../events/index.js';

/** What is over within a second needs no progress. */
const PATIENCE_MS = 1000;
const EVERY_MS = 500;
const STEP = 'copy';

/** How far a copy is. Nothing is told of one that is quick. */
export class Travel {
  /** Of what travels, headers and all. */
  bytes = 0;
  readonly #report: Report;
  readonly #title: string;
  readonly #now: () => number;
  readonly #startedAt: number;
  #saidAt: number | undefined;

  constructor(report: Report, title: string, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#title = title;
    this.#now = now;
    this.#startedAt = now();
  }

  /** A stage of a pipeline that counts what passes. */
  counter(): Transform {
    const take = (chunk: Buffer): void => this.#take(chunk.length);
    return new Transform({
      transform(chunk: Buffer, _encoding, done: TransformCallback) {
        take(chunk);
        done(null, chunk);
      },
    });
  }

  end(failure?: unknown): void {
    if (this.#saidAt === undefined) return;
    if (failure !== undefined) {
      const detail = failure instanceof Error ? failure.message : String(failure);
      this.#report({ type: 'step-failed', step: STEP, detail });
      return;
    }
    const elapsedMs = Math.round(this.#now() - this.#startedAt);
    this.#report({ type: 'step-done', step: STEP, detail: megabytes(this.bytes), elapsedMs });
  }

  #take(count: number): void {
    this.bytes += count;
    const now = this.#now();
    if (now - this.#startedAt < PATIENCE_MS || now - (this.#saidAt ?? 0) < EVERY_MS) return;
    if (this.#saidAt === undefined) {
      this.#report({ type: 'flow', title: 'Copy', steps: [{ id: STEP, title: this.#title }] });
      this.#report({ type: 'step-started', step: STEP });
    }
    this.#saidAt = now;
    this.#report({ type: 'step-progress', step: STEP, detail: megabytes(this.bytes) });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
