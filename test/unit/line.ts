import { Readable } from 'node:stream';
import type { Program } from '../../src/engine/memory/index.js';

export const ENTER = '/usr/lib/bdsandbox/enter';

/** How many words come before the command, by the first of them. */
const WORDS: Readonly<Record<string, number>> = { none: 1, fed: 2, tty: 4 };

/** A program as `lifeline` would run it in a node: with its own words, and the input out of the frames. */
export function onLine(program: Program): Program {
  return (run) => {
    const [enter = '', , mode = '', ...words] = run.command;
    const skipped = (WORDS[mode] ?? 1) - 1;
    const stdin = mode === 'none' ? Readable.from([]) : Readable.from(unframed(run.stdin), { objectMode: false });
    return program({ ...run, command: [enter, ...words.slice(skipped)], stdin });
  };
}

async function* unframed(line: Readable): AsyncGenerator<Buffer> {
  let ahead = Buffer.alloc(0);
  for await (const chunk of line) {
    ahead = Buffer.concat([ahead, chunk]);
    while (ahead.length >= 5 && ahead.length >= 5 + ahead.readUInt32BE(1)) {
      const end = 5 + ahead.readUInt32BE(1);
      const kind = ahead.toString('latin1', 0, 1);
      if (kind === 'e') return;
      if (kind === 'd') yield ahead.subarray(5, end);
      ahead = ahead.subarray(end);
    }
  }
}
