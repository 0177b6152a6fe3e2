import { InterruptedError } from '../errors/index.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** More that mean something to other programs, and nothing here: a JVM prints its threads at SIGQUIT. */
const FOR_OTHERS = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * One Ctrl-C can arrive twice: the terminal signals the whole process group, and npm passes on what it got itself
 * (@npmcli/run-script, signal-manager.js). On a busy machine that may take it a while.
 */
const SAME_PRESS_MS = 1000;

export interface InterruptListener {
  readonly onFirst: () => void;
  readonly onSecond: () => void;
}

/** Turns the first signal into an abort. Made for one run, which is the process's only one. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #listener: InterruptListener;
  readonly #heard = { direct: 0, passedOn: 0 };
  #firstAt: number | undefined;
  #isSettled = false;
  #takesOver: ((signal: NodeJS.Signals) => void) | undefined;

  constructor(listener: InterruptListener) {
    this.#listener = listener;
    for (const name of SIGNALS) process.on(name, () => this.#hear('direct', name));
    // Said by bin/run.js; another parent's channel is none of ours.
    const isPassedOn = process.env['BDSANDBOX_SIGNALS'] === 'passed on';
    delete process.env['BDSANDBOX_SIGNALS'];
    if (isPassedOn && process.channel) {
      process.on('message', (message) => this.#hear('passedOn', passedOnSignal(message)));
      process.channel.unref();
    }
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

  /**
   * Under an old Node this process has bin/run.js as its parent, which passes on by messages what it gets: a press in a
   * terminal comes both ways, at any distance of time, and `kill` comes one way.
   */
  #hear(way: 'direct' | 'passedOn', signal: NodeJS.Signals | undefined): void {
    if (signal === undefined) return;
    const before = Math.max(this.#heard.direct, this.#heard.passedOn);
    this.#heard[way] += 1;
    if (this.#heard[way] > before) this.#take(signal);
  }

  #take(signal: NodeJS.Signals): void {
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
  }
}

function passedOnSignal(message: unknown): NodeJS.Signals | undefined {
  const { signal } = Object(message) as { readonly signal?: unknown };
  return SIGNALS.find((name) => name === signal);
}
