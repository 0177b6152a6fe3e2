import { Transform, type TransformCallback } from 'node:stream';
import type { Redactor } from '../secrets/index.js';

/** Longer lines are cut for looking at them, so that a file without line ends does not fill the memory. */
const LONGEST = 1 << 20;

/** Redacts a stream of any size, by blocks of whole lines. */
export function redactingStream(redactor: Redactor): Transform {
  let rest = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      const text = rest + chunk.toString('latin1');
      const end = text.length > LONGEST ? text.length : text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      callback(null, Buffer.from(redactor.redact(text.slice(0, end)), 'latin1'));
    },
    flush(callback) {
      callback(null, Buffer.from(redactor.redact(rest), 'latin1'));
    },
  });
}
