import { pause } from '../pause.js';

interface Held<T> {
  readonly item: T;
  readonly due: number;
}

/** Beyond that a source has to wait until the reader has caught up. */
const MOST_HELD = 10_000;

/**
 * Puts in order what comes from several sources at about the same time: each thing is held for a moment, and goes out
 * after all that is older.
 */
export class Window<T extends { readonly order: string }> {
  readonly #windowMs: number;
  #held: Held<T>[] = [];
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Waits while the reader is far behind. */
  async push(item: T): Promise<void> {
    while (this.#held.length >= MOST_HELD && !this.#closed) await this.#changed.promise;
    this.#held.push({ item, due: performance.now() + this.#windowMs });
    this.#wake();
  }

  /** What is held still comes out; nothing after. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Ends once it is closed and empty. @throws the signal's reason */
  async *items(signal: AbortSignal): AsyncGenerator<T> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const [oldest] = this.#held;
        if (!oldest) {
          if (this.#closed) return;
          await this.#changed.promise;
          continue;
        }
        const leftMs = this.#closed ? 0 : oldest.due - performance.now();
        // A timer may be early by a fraction of a millisecond.
        if (leftMs > 0) await pause(Math.ceil(leftMs), signal);
        else yield* this.#takeDue();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #takeDue(): T[] {
    const now = this.#closed ? Number.POSITIVE_INFINITY : performance.now();
    const latest = this.#held.reduce(
      (order, { item, due }) => (due <= now && item.order > order ? item.order : order),
      '',
    );
    const taken = this.#held.filter(({ item }) => item.order <= latest).map(({ item }) => item);
    this.#held = this.#held.filter(({ item }) => item.order > latest);
    this.#wake();
    return taken.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
