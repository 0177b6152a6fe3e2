import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/** What the other side of a conversation says: lines, and between them bytes whose number a line has told. */
export class Speech {
  readonly #chunks: AsyncIterator<Buffer>;
  #ahead: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next line; undefined at the end. */
  async line(): Promise<string | undefined> {
    for (let searched = 0; ; ) {
      const end = this.#ahead.indexOf(NEWLINE, searched);
      if (end >= 0) {
        const line = this.#ahead.toString('utf8', 0, end);
        this.#ahead = this.#ahead.subarray(end + 1);
        return line;
      }
      searched = this.#ahead.length;
      if (!(await this.#hearMore())) return undefined;
    }
  }

  /** The next `count` bytes, as they come. @throws when it ends before */
  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#ahead.length === 0 && !(await this.#hearMore())) throw new Error('the node broke off');
      const chunk = this.#ahead.subarray(0, left);
      this.#ahead = this.#ahead.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** To the end, without keeping anything: nobody speaks to a listener who does not take it. */
  async ignoreRest(): Promise<void> {
    for (let done: boolean | undefined; !done; ) ({ done } = await this.#chunks.next());
  }

  async #hearMore(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done) return false;
    this.#ahead = this.#ahead.length === 0 ? value : Buffer.concat([this.#ahead, value]);
    return true;
  }
}
