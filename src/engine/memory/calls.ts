export interface Call {
  /** Counted from 1. */
  readonly number: number;
  /** e.g. "containers.create" */
  readonly name: string;
}

export interface Failure {
  readonly error: Error;
  /**
   * `before`: nothing has happened. `after`: the thing is done and only the answer is lost, the case that a flow's
   * clean-up forgets most easily.
   */
  readonly moment: 'before' | 'after';
}

/** Every call of the port passes here: it is counted, may be held up, and may be made to fail. */
export class Calls {
  /** Awaited before each call takes effect; a test holds calls here to force an interleaving. */
  beforeCall: ((call: Call) => Promise<void> | void) | undefined;
  readonly names: string[] = [];
  readonly #failures = new Map<number, Failure>();

  get count(): number {
    return this.names.length;
  }

  failAt(number: number, failure: Failure): void {
    this.#failures.set(number, failure);
  }

  async run<T>(name: string, effect: () => T | Promise<T>): Promise<T> {
    const number = this.names.push(name);
    // Never in the same tick: code that works only because a fake answers at once is found here.
    await Promise.resolve();
    await this.beforeCall?.({ number, name });
    const failure = this.#failures.get(number);
    if (failure?.moment === 'before') throw failure.error;
    const result = await effect();
    if (failure?.moment === 'after') throw failure.error;
    return result;
  }
}
