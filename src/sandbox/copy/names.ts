import { isUtf8 } from 'node:buffer';

// A name of a file is bytes, any but NUL and slash. As text it is UTF-8 where it can be, and each byte that is not stands
// as a lone surrogate, which no text has otherwise: U+DC80 to U+DCFF, as in Python (PEP 383).

const BEFORE_BYTES = 0xdc00;
const LONE = /([\udc80-\udcff])/u;

export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => isUtf8(bytes.subarray(at, at + count)));
    text += length ? bytes.toString('utf8', at, at + length) : String.fromCharCode(BEFORE_BYTES + (bytes[at] ?? 0));
    at += length ?? 1;
  }
  return text;
}

export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(LONE);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - BEFORE_BYTES))),
  );
}

/** For people: such bytes as \xff. */
export function shown(text: string): string {
  return text
    .split(LONE)
    .map((part, index) => (index % 2 === 0 ? part : `\\x${(part.charCodeAt(0) - BEFORE_BYTES).toString(16)}`))
    .join('');
}
