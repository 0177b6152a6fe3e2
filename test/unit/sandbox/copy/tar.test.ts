import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, shown, textOf } from '../../../../src/sandbox/copy/names.js';
import { decodeHeader, END, encodeHeader, padding, type TarHeader } from '../../../../src/sandbox/copy/tar/header.js';
import { readTar } from '../../../../src/sandbox/copy/tar/read.js';

const LONG = 'a-name-of-more-than-a-hundred-characters-'.repeat(4);
const HEADER: TarHeader = {
  name: 'x',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: new Date('2020-02-02T02:02:02Z'),
  linkname: '',
  devmajor: 0,
  devminor: 0,
};

/** In pieces of an odd size, as from a network. */
async function* pieces(bytes: Buffer, size = 777): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(tar: AsyncIterable<Buffer>): Promise<(TarHeader & { text: string })[]> {
  const found: (TarHeader & { text: string })[] = [];
  for await (const { header, content } of readTar(tar)) {
    let text = '';
    for await (const chunk of content) text += chunk.toString();
    found.push({ ...header, text });
  }
  return found;
}

describe('names', () => {
  test.each([
    [[0x6e, 0xff], 'n\udcff', 'n\\xff'],
    [[0xc3, 0xbc, 0xc3], 'ü\udcc3', 'ü\\xc3'],
    [[...Buffer.from('grün 🐘 \ufffd')], 'grün 🐘 \ufffd', 'grün 🐘 \ufffd'],
    // A surrogate that somebody has written as if it were a character.
    [[0xed, 0xb3, 0xbf], '\udced\udcb3\udcbf', '\\xed\\xb3\\xbf'],
    [[0xff, 0xf0, 0x9f, 0x90, 0x98, 0xf0, 0x9f], '\udcff🐘\udcf0\udc9f', '\\xff🐘\\xf0\\x9f'],
  ])('%j there and back', (bytes, text, forPeople) => {
    expect(textOf(Buffer.from(bytes))).toBe(text);
    expect([...bytesOf(text)]).toEqual(bytes);
    expect(shown(text)).toBe(forPeople);
  });
});

describe('what other programs have written', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bdsandbox-tar-'));
    await mkdir(join(folder, LONG));
    await writeFile(join(folder, LONG, 'x'), 'long');
    await writeFile(Buffer.from([...Buffer.from(`${folder}/n`), 0xff]), 'bytes');
    await writeFile(join(folder, 'grün'), 'text');
    await link(join(folder, 'grün'), join(folder, 'same'));
    await symlink(LONG, join(folder, 'link'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each(['gnu', 'pax', 'ustar', 'posix'])('tar --format=%s', async (format) => {
    const left = format === 'ustar' ? [`--exclude=${LONG}`, '--exclude=link'] : [];
    const words = ['--create', `--format=${format}`, '--sort=name', ...left, '-C', folder, '.'];
    const tar = execFileSync('tar', words, { maxBuffer: 1 << 24, env: { ...process.env, LC_ALL: 'C' } });
    const found = new Map((await read(pieces(tar))).map((each) => [each.name, each]));
    expect(found.get('./n\udcff')).toMatchObject({ text: 'bytes', type: 'file' });
    expect(found.get('./same')).toMatchObject({ type: 'link', linkname: './grün' });
    if (format === 'ustar') return;
    expect(found.get(`./${LONG}/x`)?.text).toBe('long');
    expect(found.get('./link')).toMatchObject({ type: 'symlink', linkname: LONG });
  });

  test('a library, with what has no name in text', async () => {
    const archive = pack();
    archive.entry({ name: 'p', type: 'fifo' });
    archive.entry({ name: 'd', type: 'directory', mode: 0o711 });
    archive.entry({ name: 'd/x', mode: 0o4755, mtime: HEADER.mtime }, 'x'.repeat(2000));
    archive.finalize();
    expect(await read(pieces(await buffer(archive as unknown as Readable), 100))).toMatchObject([
      { name: 'p', type: 'fifo' },
      { name: 'd', type: 'directory', mode: 0o711 },
      { name: 'd/x', mode: 0o4755, mtime: HEADER.mtime, text: 'x'.repeat(2000) },
    ]);
  });
});

describe('what is written', () => {
  test('is read by a library as it was meant', async () => {
    const entries: TarHeader[] = [
      { ...HEADER, name: `${LONG}/x`, size: 4 },
      { ...HEADER, name: 'd', type: 'directory', mode: 0o711 },
      { ...HEADER, name: 'l', type: 'symlink', linkname: LONG },
      { ...HEADER, name: 'owned', uid: 4_000_000_000, gid: 3_000_000 },
    ];
    const bytes = entries.flatMap((entry) => [encodeHeader(entry), Buffer.alloc(entry.size, 'x'), padding(entry.size)]);
    const found: unknown[] = [];
    for await (const entry of Readable.from([Buffer.concat([...bytes, END])]).pipe(extract())) {
      found.push(entry.header);
      entry.resume();
    }
    expect(found).toMatchObject([
      { name: `${LONG}/x`, size: 4, mtime: HEADER.mtime, mode: 0o644 },
      { name: 'd/', type: 'directory', mode: 0o711 },
      { name: 'l', type: 'symlink', linkname: LONG },
      { name: 'owned', uid: 4_000_000_000, gid: 3_000_000 },
    ]);
  });

  test.each([8 ** 11 - 1, 8 ** 11, 2 ** 50])('has the size %d', (size) => {
    expect(decodeHeader(encodeHeader({ ...HEADER, size }))).toMatchObject({ size, flag: '0' });
  });
});

describe('what is no tar', () => {
  const good = Buffer.concat([encodeHeader({ ...HEADER, size: 1000 }), Buffer.alloc(1000, 'x'), padding(1000), END]);
  const changed = (at: number, byte: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = byte;
    return bytes;
  };
  const extension = (flag: string, content: Buffer, size = content.length): Buffer => {
    const header = encodeHeader({ ...HEADER, size });
    header.write(flag, 156);
    const sum = header.reduce((all, byte, index) => all + (index >= 148 && index < 156 ? 32 : byte), 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return Buffer.concat([header, content, padding(content.length), good]);
  };

  test.each([
    ['is cut in a header', good.subarray(0, 300)],
    ['is cut in a content', good.subarray(0, 900)],
    ['has another byte in a header', changed(3, 7)],
    ['is text', Buffer.alloc(2000, 'x')],
    ['has a name of gigabytes', extension('L', Buffer.alloc(0), 2 ** 31)],
    ['has an extended header that does not count', extension('x', Buffer.from('99 path=x\n'))],
    ['has an extended header without a value', extension('x', Buffer.from('7 path\n'))],
  ])('because it %s is refused', async (_, bytes) => {
    await expect(read(pieces(bytes))).rejects.toThrow(/^the archive cannot be read: /);
  });

  test('what comes after the end is read and left', async () => {
    expect(await read(pieces(Buffer.concat([good, Buffer.alloc(9000, 'x')])))).toHaveLength(1);
  });
});
