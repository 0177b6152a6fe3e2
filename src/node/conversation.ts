import { PassThrough, Readable } from 'node:stream';
import type { Engine } from '../engine/index.js';
import { BugError, DiskFullError, FailedError, NotFoundError } from '../errors/index.js';
import { Speech } from './speech.js';

/**
 * A command in a node that is spoken with: words go in, a JSON line comes back at each phase. When this program dies the
 * command sees the end of its input, and puts everything back by itself.
 */
export class Conversation {
  readonly #input = new PassThrough();
  readonly #output = new PassThrough();
  readonly #speech: Speech;
  /** Never rejects: a failure of the exec is kept for whoever reads next. */
  readonly #ended: Promise<{ readonly exitCode: number; readonly stderr: string } | { readonly error: unknown }>;
  readonly #node: string;
  readonly #abandoned = new AbortController();
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(engine: Engine, container: string, node: string, command: readonly string[]) {
    this.#node = node;
    this.#speech = new Speech(this.#output);
    this.#ended = engine.containers
      .exec(container, command, { stdin: this.#input, stdout: this.#output, signal: this.#abandoned.signal })
      .then(
        (result) => result,
        (error: unknown) => ({ error }),
      )
      .finally(() => this.#output.end());
  }

  /** Nothing is said any more once it was given up: `next` tells why. */
  say(word: string): void {
    if (!this.#input.writableEnded) this.#input.write(`${word}\n`);
  }

  /** Says `word` again and again, so that the other side knows that somebody is there. */
  keepSaying(word: string, everyMs: number): void {
    this.#keepAlive ??= setInterval(() => this.say(word), everyMs);
  }

  /**
   * The next thing it says.
   * @throws FailedError when it says that it failed, or ends before
   */
  async next(): Promise<Readonly<Record<string, unknown>>> {
    const line = await this.#speech.line();
    if (line === undefined) throw await this.#endedEarly();
    const said = parse(line);
    if (said['phase'] !== 'failed') return said;
    const reason = String(said['reason']);
    throw reason.includes('No space left on device')
      ? new DiskFullError(
          `${this.#node}: the engine's disk is full`,
          'see what takes the space: docker system df; remove old snapshots and sandboxes',
          { details: [reason] },
        )
      : new FailedError(`${this.#node}: ${reason}`, 'run bdsandbox status');
  }

  /** The next `count` bytes, which are no line. To be read before anything else is. */
  bytes(count: number): Readable {
    return Readable.from(this.#speech.bytes(count), { objectMode: false });
  }

  /** Ends the input, which gives up whatever is not finished, and waits for the command to have put things back. */
  async end(): Promise<void> {
    clearInterval(this.#keepAlive);
    this.#input.end();
    await Promise.all([this.#speech.ignoreRest(), this.#ended]);
  }

  /** As `end`, for a command that has nothing to put back: whatever it still does, nobody waits for it. */
  async abandon(): Promise<void> {
    this.#abandoned.abort();
    await this.end();
  }

  async #endedEarly(): Promise<unknown> {
    const ended = await this.#ended;
    if ('error' in ended) return ended.error;
    if ([64, 126, 127].includes(ended.exitCode)) {
      return new NotFoundError(
        `the image of ${this.#node} is too old for this`,
        'destroy the sandbox and create it again, or use the bdsandbox that created it',
      );
    }
    const reason =
      ended.exitCode === 137
        ? 'the node was stopped or killed'
        : `it ended with ${ended.exitCode} ${ended.stderr.trim().split('\n').at(-1)}`;
    return new FailedError(`${this.#node} broke off: ${reason}`, 'run bdsandbox status');
  }
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line));
  } catch (cause) {
    throw new BugError(`the node's agent said something unexpected: ${line}`, 'report this line', { cause });
  }
}
