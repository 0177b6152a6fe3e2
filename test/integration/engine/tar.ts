import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';

/** Files by their name in the tar. */
export function packEntries(files: Readonly<Record<string, string | Buffer>>): Readable {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return Readable.from(tar);
}

/** Content by name in the order of the tar; folders have a slash at their end. Links are as empty files. */
export async function unpackEntries(tar: Readable): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>();
  const unpacked = extract();
  tar.on('error', (error: Error) => unpacked.destroy(error));
  for await (const entry of tar.pipe(unpacked)) {
    const isFolder = entry.header.type === 'directory' && !entry.header.name.endsWith('/');
    entries.set(`${entry.header.name}${isFolder ? '/' : ''}`, await buffer(entry));
  }
  return entries;
}
