import { InterruptedError } from '../errors/index.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C can arrive twice: the terminal signals the whole process group, and a parent (npm, or our own bin/run.js
 * under an old Node) passes on what it got itself. Nobody presses it twice this fast.
 */
const SAME_PRESS_MS = 200;

export interface InterruptListener {
  readonly onFirst: () => void;
  readonly onSecond: () => void;
}

/** Turns the first signal into an abort. Made for one run; disposing gives the signals back. */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener: InterruptListener;
  #firstAt: number | undefined;

  constructor(listener: InterruptListener) {
    this.#listener = listener;
    for (const name of SIGNALS) process.on(name, this.#take);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the run for another reason than a signal. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#take);
  }

  readonly #take = (): void => {
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#controller.abort(new InterruptedError('interrupted', 'run the same command again'));
      this.#listener.onFirst();
    } else if (now - this.#firstAt > SAME_PRESS_MS) {
      this.#listener.onSecond();
    }
  };
}
