import { InterruptedError } from '../errors/index.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** More that mean something to other programs, and nothing here: a JVM prints its threads at SIGQUIT. */
const FOR_OTHERS = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * One Ctrl-C can arrive twice: the terminal signals the whole process group, and a parent (npm, or our own bin/run.js
 * under an old Node) passes on what it got itself. Nobody presses it twice this fast.
 */
const SAME_PRESS_MS = 200;

export interface InterruptListener {
  readonly onFirst: () => void;
  readonly onSecond: () => void;
}

/** Turns the first signal into an abort. Made for one run, which is the process's only one. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #listener: InterruptListener;
  #firstAt: number | undefined;
  #isSettled = false;
  #takesOver: ((signal: NodeJS.Signals) => void) | undefined;

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

  /**
   * The run has come to its end, and no signal changes its outcome any more: given back to Node, a late one would end a
   * create that succeeded with 130. Only a second one ends what is still on its way, such as output that nobody takes.
   */
  settle(): void {
    this.#isSettled = true;
    this.#firstAt = undefined;
  }

  /** What signals mean is for another program to say, until the hand-over is disposed of. */
  handOver(listener: (signal: NodeJS.Signals) => void): Disposable {
    this.#takesOver = listener;
    for (const name of FOR_OTHERS) process.on(name, listener);
    return {
      [Symbol.dispose]: () => {
        this.#takesOver = undefined;
        for (const name of FOR_OTHERS) process.off(name, listener);
      },
    };
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    if (this.#takesOver) {
      this.#takesOver(signal);
      return;
    }
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      if (this.#isSettled) return;
      this.#controller.abort(new InterruptedError('interrupted', 'run the same command again'));
      this.#listener.onFirst();
    } else if (now - this.#firstAt > SAME_PRESS_MS) {
      if (this.#isSettled) process.exit();
      else this.#listener.onSecond();
    }
  };
}
