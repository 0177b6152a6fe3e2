import { randomUUID } from 'node:crypto';
import { PassThrough, Transform } from 'node:stream';
import type { Engine, ExecOptions, ExecResult } from '../engine/index.js';
import { FailedError, NotFoundError } from '../errors/index.js';

const LIFELINE = '/usr/lib/bdsandbox/lifeline';
const NO_SUCH_COMMAND = 127;
/** The script takes so many bytes of input that the command has not read, and no more. */
const MOST_KEPT = 1 << 20;
/** The script wants a frame as a whole before it hands it on. */
const LONGEST_FRAME = 1 << 16;

export interface LineOptions extends ExecOptions {
  /** A terminal in the node: both outputs are one then. `onResize` hands over a callback to be called at each change. */
  readonly tty?: {
    readonly columns: number;
    readonly rows: number;
    readonly onResize?: (apply: (columns: number, rows: number) => void) => void;
  };
}

interface Place {
  readonly engine: Engine;
  readonly container: string;
  /** Words before the command: with which rights it runs. */
  readonly enter: readonly string[];
}

/**
 * Runs a command that is ended when this program goes before it does, however it goes: the engine closes the standard
 * input of the script then. So the end of the command's own input has to be said in another way. docs/explanation/node.md
 * @throws NotFoundError in a node whose image is older than the script
 */
export async function execOnLine(
  place: Place,
  command: readonly string[],
  { stdin, tty, ...options }: LineOptions,
): Promise<ExecResult> {
  const { engine, container, enter } = place;
  const id = randomUUID();
  const over = new AbortController();
  const line = stdin ? new Frames(() => holdAlso(place, id, over.signal)) : new PassThrough();
  const words = tty ? ['tty', id, String(tty.columns), String(tty.rows)] : stdin ? ['fed', id] : ['none'];
  const fail = (error: Error): void => void line.destroy(error);
  stdin?.on('error', fail);
  stdin?.pipe(line);
  if (line instanceof Frames) tty?.onResize?.((columns, rows) => line.say('w', Buffer.from(`${columns} ${rows}`)));
  try {
    const ended = await engine.containers.exec(container, [...enter, LIFELINE, ...words, ...command], {
      ...options,
      stdin: line,
    });
    if (ended.exitCode !== NO_SUCH_COMMAND || (await engine.containers.pathExists(container, LIFELINE))) return ended;
    throw new NotFoundError(
      "the node's image is too old to run commands in it",
      'destroy the sandbox and create it again, or use the bdsandbox that created it',
    );
  } finally {
    over.abort();
    stdin?.unpipe(line);
    stdin?.off('error', fail);
    line.destroy();
  }
}

/**
 * Input as the script wants it: a letter, the length, and so many bytes. Its end is a frame too, and never an end of the
 * stream, which means that we are gone.
 */
class Frames extends Transform {
  readonly #hold: () => Promise<void>;
  #bytes = 0;
  #isHeld = false;

  /** @param hold is awaited before there can be more on the way than the script takes whatever the command does */
  constructor(hold: () => Promise<void>) {
    super();
    this.#hold = hold;
  }

  say(kind: 'd' | 'e' | 'w', content: Buffer): void {
    const header = Buffer.alloc(5);
    header.write(kind, 'latin1');
    header.writeUInt32BE(content.length, 1);
    this.push(Buffer.concat([header, content]));
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#pass(chunk).then(() => done(), done);
  }

  async #pass(chunk: Buffer): Promise<void> {
    this.#bytes += chunk.length;
    if (!this.#isHeld && this.#bytes > MOST_KEPT - 2 * LONGEST_FRAME) {
      await this.#hold();
      this.#isHeld = true;
    }
    for (let at = 0; at < chunk.length; at += LONGEST_FRAME) this.say('d', chunk.subarray(at, at + LONGEST_FRAME));
  }

  /** Does not call back: the stream has no end. */
  override _flush(): void {
    this.say('e', Buffer.alloc(0));
  }
}

/**
 * Once a command that does not read may hold its input up, the end of the line would wait behind it: so there is a second
 * one. It costs the node a moment, and most commands get less input than that. Resolves when it holds.
 */
function holdAlso({ engine, container, enter }: Place, id: string, over: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const said = new PassThrough();
  said.once('data', () => resolve());
  engine.containers
    .exec(container, [...enter, LIFELINE, 'hold', id], { stdin: new PassThrough(), stdout: said, signal: over })
    .then(({ exitCode, stderr }) => reject(new FailedError(`no line to the node: ${exitCode} ${stderr}`, 'try again')))
    .catch(reject);
  return promise;
}
