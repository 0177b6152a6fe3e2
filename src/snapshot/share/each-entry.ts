import { finished, type Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { Entry } from './file-reader.js';

/** Of a tar that an engine sends; each is to be read or resumed. The tar is given up when `use` fails. */
export async function eachEntry(tar: Readable, use: (entry: Entry) => Promise<void>): Promise<void> {
  const entries = extract();
  finished(tar, (error) => {
    if (error) entries.destroy(error);
  });
  try {
    for await (const entry of tar.pipe(entries)) await use(entry);
  } finally {
    tar.destroy();
  }
}
