import { FailedError } from '../../../errors/index.js';
import { bytesOf, textOf } from '../names.js';

// The format is POSIX ustar with GNU's long names and large numbers, which engines and tar read byte by byte:
// https://www.gnu.org/software/tar/manual/html_node/Standard.html

export const BLOCK = 512;

const TYPES = {
  file: '0',
  link: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
} as const;
/** What has none of these is left out wherever it goes. */
export type TarType = keyof typeof TYPES | 'other';

export interface TarHeader {
  /** Text as in ../names.ts, as is linkname. */
  readonly name: string;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: Date;
  readonly linkname: string;
  readonly devmajor: number;
  readonly devminor: number;
}

/** A header as it stands in one block. */
export interface RawHeader extends TarHeader {
  /** The letter of its type, of which some only add to the next header. */
  readonly flag: string;
}

/** @returns undefined for a block of zeros @throws FailedError for what is no header */
export function decodeHeader(block: Buffer): RawHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (number(block, 148, 8) !== checksum(block)) throw broken('a header is damaged');
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? text(block, 345, 155) : '';
  const short = text(block, 0, 100);
  const name = prefix === '' ? short : `${prefix}/${short}`;
  const flag = block.toString('latin1', 156, 157).replace('\0', '0').replace('7', '0');
  // Before there was a type for folders, a slash said it.
  const isOldFolder = flag === '0' && name.endsWith('/');
  const [type = 'other'] = isOldFolder ? (['directory'] as const) : namesOf(flag);
  return {
    name,
    flag,
    type,
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: new Date(number(block, 136, 12) * 1000),
    linkname: text(block, 157, 100),
    devmajor: number(block, 329, 8),
    devminor: number(block, 337, 8),
  };
}

/** All blocks that stand before the content. */
export function encodeHeader(header: TarHeader): Buffer {
  const isFolder = header.type === 'directory' && !header.name.endsWith('/');
  const name = bytesOf(isFolder ? `${header.name}/` : header.name);
  const linkname = bytesOf(header.linkname);
  return Buffer.concat([
    ...(name.length > 100 ? long('L', name) : []),
    ...(linkname.length > 100 ? long('K', linkname) : []),
    block(header, header.type === 'other' ? '0' : TYPES[header.type], name, linkname),
  ]);
}

/** What fills the last block of a content. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

export const END = Buffer.alloc(2 * BLOCK);

export function broken(what: string): FailedError {
  return new FailedError(`the archive cannot be read: ${what}`, 'copy it again');
}

const LONG: TarHeader = {
  name: '',
  type: 'other',
  ...{ mode: 0o644, uid: 0, gid: 0, size: 0, mtime: new Date(0), linkname: '', devmajor: 0, devminor: 0 },
};

function long(flag: 'L' | 'K', bytes: Buffer): Buffer[] {
  const content = Buffer.concat([bytes, Buffer.of(0)]);
  const head = block({ ...LONG, size: content.length }, flag, Buffer.from('././@LongLink'), Buffer.alloc(0));
  return [head, content, padding(content.length)];
}

function block(header: TarHeader, flag: string, name: Buffer, linkname: Buffer): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  name.copy(bytes, 0, 0, 100);
  put(bytes, 100, 8, header.mode);
  put(bytes, 108, 8, header.uid);
  put(bytes, 116, 8, header.gid);
  put(bytes, 124, 12, header.size);
  put(bytes, 136, 12, Math.max(0, Math.floor(header.mtime.getTime() / 1000) || 0));
  bytes.write(flag, 156, 'latin1');
  linkname.copy(bytes, 157, 0, 100);
  bytes.write('ustar  \0', 257, 'latin1');
  put(bytes, 329, 8, header.devmajor);
  put(bytes, 337, 8, header.devminor);
  bytes.write(`${checksum(bytes).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** Octal digits; what has too many of them as a binary number with the first bit set. */
function put(bytes: Buffer, at: number, length: number, value: number): void {
  const digits = value.toString(8).padStart(length - 1, '0');
  if (digits.length < length) return void bytes.write(`${digits}\0`, at, 'latin1');
  bytes.writeBigUInt64BE(BigInt(value), at + length - 8);
  bytes.writeUInt8(bytes.readUInt8(at) | 0x80, at);
}

function number(bytes: Buffer, at: number, length: number): number {
  const field = bytes.subarray(at, at + length);
  const [first = 0] = field;
  let value: number;
  if (first & 0x80) {
    // Times before 1970 and other negative ones are of no use here.
    value = first === 0x80 ? field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0) : 0;
  } else {
    value = parseInt(field.toString('latin1').replaceAll('\0', ' ').trim() || '0', 8);
  }
  if (!Number.isSafeInteger(value)) throw broken('a header has a number that is none');
  return value;
}

function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return textOf(end < 0 ? field : field.subarray(0, end));
}

/** Its own field counts as blanks. */
function checksum(bytes: Buffer): number {
  return bytes.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}

function namesOf(flag: string): (keyof typeof TYPES)[] {
  return (Object.keys(TYPES) as (keyof typeof TYPES)[]).filter((type) => TYPES[type] === flag);
}
