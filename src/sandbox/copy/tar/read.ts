import { textOf } from '../names.js';
import { BLOCK, broken, decodeHeader, padding, type RawHeader, type TarHeader } from './header.js';

export interface TarEntry {
  readonly header: TarHeader;
  /** To be read before the next entry is asked for, or not at all. */
  readonly content: AsyncIterable<Buffer>;
}

/** Of names and the like; what is larger was made to fill somebody's memory. */
const LARGEST_EXTENSION = 1 << 20;

/**
 * The entries of a tar, with names byte for byte: libraries take names for UTF-8, and two files with other bytes become
 * one. Reads to the end of the source.
 * @throws what the source does; FailedError for what is no tar
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(source);
  const common = new Map<string, Buffer>();
  let own = new Map<string, Buffer>();
  for (;;) {
    const block = await bytes.exactly(BLOCK, true);
    const plain = block && decodeHeader(block);
    if (!plain) break;
    if ('LKxg'.includes(plain.flag)) {
      if (plain.size > LARGEST_EXTENSION) throw broken('a name in it is too long');
      const content = await bytes.exactly(plain.size);
      await bytes.skip(padding(plain.size).length);
      if (plain.flag === 'L') own.set('path', untilZero(content));
      else if (plain.flag === 'K') own.set('linkpath', untilZero(content));
      else for (const [key, value] of records(content)) (plain.flag === 'g' ? common : own).set(key, value);
      continue;
    }
    const header = extended(plain, new Map([...common, ...own]));
    own = new Map();
    const end = bytes.at + header.size;
    yield { header, content: bytes.until(end) };
    await bytes.skip(end - bytes.at + padding(header.size).length);
  }
  await bytes.skip(Number.POSITIVE_INFINITY);
}

function extended({ flag: _, ...plain }: RawHeader, records: ReadonlyMap<string, Buffer>): TarHeader {
  const text = (key: string): string | undefined => {
    const value = records.get(key);
    return value && textOf(value);
  };
  const number = (key: string): number | undefined => {
    const value = Number(text(key) ?? Number.NaN);
    return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  };
  const [size, mtime] = [number('size'), number('mtime')];
  const header = {
    ...plain,
    name: text('path') ?? plain.name,
    linkname: text('linkpath') ?? plain.linkname,
    uid: number('uid') ?? plain.uid,
    gid: number('gid') ?? plain.gid,
    mtime: mtime === undefined ? plain.mtime : new Date(Math.floor(mtime * 1000)),
    size: Math.floor(size ?? plain.size),
  };
  // Of folders and links it says nothing about what follows.
  return header.type === 'file' || header.type === 'other' ? header : { ...header, size: 0 };
}

/** "LENGTH key=value\n", where the length counts all of it. */
function* records(content: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(' ', at);
    const length = Number(content.toString('latin1', at, Math.max(at, blank)));
    const equals = content.indexOf('=', blank);
    const end = at + length;
    if (blank < 0 || !(length > 0) || end > content.length || equals < 0 || equals >= end) {
      throw broken('an extended header is damaged');
    }
    yield [content.toString('latin1', blank + 1, equals), content.subarray(equals + 1, end - 1)];
    at = end;
  }
}

function untilZero(content: Buffer): Buffer {
  const end = content.indexOf(0);
  return end < 0 ? content : content.subarray(0, end);
}

class Bytes {
  at = 0;
  #held: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  exactly(count: number): Promise<Buffer>;
  exactly(count: number, mayEnd: true): Promise<Buffer | undefined>;
  async exactly(count: number, mayEnd = false): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for await (const part of this.until(this.at + count, mayEnd)) parts.push(part);
    return parts.length === 0 && count > 0 ? undefined : Buffer.concat(parts);
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.until(this.at + count, count === Number.POSITIVE_INFINITY));
  }

  /** As it comes. @param mayEnd nothing at all may come, or anything where it never ends */
  async *until(end: number, mayEnd = false): AsyncGenerator<Buffer> {
    const start = this.at;
    while (this.at < end) {
      if (this.#held.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) {
          if (mayEnd && (this.at === start || end === Number.POSITIVE_INFINITY)) return;
          throw broken('it breaks off in the middle');
        }
        this.#held = value;
        continue;
      }
      const part = this.#held.subarray(0, end - this.at);
      this.#held = this.#held.subarray(part.length);
      this.at += part.length;
      yield part;
    }
  }
}
