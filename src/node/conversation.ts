import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Engine } from '../engine/index.js';
import { BugError, DiskFullError, FailedError, NotFoundError } from '../errors/index.js';
import { CriuError } from './criu.js';
import { Speech } from './speech.js';

/** Of a command that does not run any more because its node does not. */
const KILLED = 137;

/** What `freeze` and `thaw` keep themselves to, and some. */
const MOST_LOG_BYTES = 1_000_000;

interface Ended {
  readonly exitCode: number;
  readonly stderr: string;
}

/**
 * A command in a node that is spoken with: words go in, a JSON line comes back at each phase. When this program dies the
 * command sees the end of its input, and puts everything back by itself.
 */
export class Conversation {
  readonly #input: PassThrough;
  readonly #speech: Speech;
  /** Never rejects: a failure of the exec is kept for whoever reads next. */
  readonly #ended: Promise<Ended | { readonly error: unknown }>;
  readonly #node: string;
  readonly #abandoned: AbortController;
  #keepAlive: NodeJS.Timeout | undefined;

  private constructor(node: string, channel: Channel, ended: Promise<Ended>) {
    this.#node = node;
    this.#input = channel.stdin;
    this.#abandoned = channel.abandoned;
    this.#speech = new Speech(channel.stdout);
    this.#ended = ended
      .then(
        (result) => result,
        (error: unknown) => ({ error }),
      )
      .finally(() => channel.stdout.end());
  }

  /** With a command that begins now. */
  static with(engine: Engine, container: string, node: string, command: readonly string[]): Conversation {
    const channel = new Channel();
    return new Conversation(node, channel, engine.containers.exec(container, command, channel));
  }

  /** With what the node's `init` starts when the node does; to be called before. */
  static async fromStart(engine: Engine, container: string, node: string): Promise<Conversation> {
    const channel = new Channel();
    const { ended } = await engine.containers.attach(container, channel);
    return new Conversation(
      node,
      channel,
      ended.then(() => ({ exitCode: KILLED, stderr: '' })),
    );
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
    const log = await this.#logOf(said);
    throw reason.includes('No space left on device')
      ? new DiskFullError(
          `${this.#node}: the engine's disk is full`,
          'see what takes the space: docker system df; remove old snapshots and sandboxes',
          { details: [reason] },
        )
      : // Nodes of older images say it in words alone.
        said['live'] === true || reason.startsWith('CRIU: ')
        ? new CriuError(this.#node, reason, log)
        : new FailedError(`${this.#node}: ${reason}`, 'run bdsandbox status');
  }

  /** Comes after the line. One that breaks off is as good as none. */
  async #logOf(said: Readonly<Record<string, unknown>>): Promise<string> {
    const count = Math.min(Number(said['log'] ?? 0), MOST_LOG_BYTES);
    if (!(count > 0)) return '';
    try {
      return await text(this.bytes(count));
    } catch {
      return '';
    }
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
      ended.exitCode === KILLED
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

class Channel {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly abandoned = new AbortController();
  readonly signal = this.abandoned.signal;
}
