import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { pack } from 'tar-stream';
import { CHECKSUMS } from './file-format.js';

/** The file while it is written, one entry after the other. */
export class SnapshotFileWriter {
  readonly #pack = pack();
  readonly #written: Promise<void>;
  readonly #checksums: Record<string, string> = {};
  readonly #onBytes: (bytes: number) => void;
  #bytes = 0;

  /** @param onBytes is told how many have been written */
  constructor(target: string, signal: AbortSignal | undefined, onBytes: (bytes: number) => void) {
    this.#onBytes = onBytes;
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length;
        done(null, chunk);
      },
    });
    const compress = createZstdCompress({
      // Memory is packed already, and software hardly gets smaller with more.
      params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
    });
    // Memory holds secrets: nobody else's to read.
    const file = createWriteStream(target, { mode: 0o600, flush: true });
    this.#written = pipeline(this.#pack, compress, counter, file, signal ? { signal } : {});
    // Told to whoever adds next; here, so that nobody hears of it too late.
    this.#written.catch(() => undefined);
  }

  async addText(name: string, text: string): Promise<void> {
    const content = Buffer.from(text);
    await this.add(name, content.length, [content]);
  }

  async add(name: string, size: number, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const hash = createHash('sha256');
    const onBytes = () => this.#onBytes(this.#bytes);
    const hashed = async function* () {
      for await (const chunk of content) {
        hash.update(chunk);
        onBytes();
        yield chunk;
      }
    };
    await this.#orFailure(pipeline(hashed, this.#pack.entry({ name, size, mode: 0o644, mtime: new Date(0) })));
    this.#checksums[name] = hash.digest('hex');
  }

  async addLink(name: string, linkname: string): Promise<void> {
    this.#pack.entry({ name, type: 'symlink', linkname, mtime: new Date(0) });
    this.#checksums[name] = createHash('sha256').update(linkname).digest('hex');
  }

  /** @returns bytes of the file */
  async finish(): Promise<number> {
    await this.addText(CHECKSUMS, JSON.stringify(this.#checksums));
    this.#pack.finalize();
    await this.#written;
    return this.#bytes;
  }

  /** Resolves once the file is not written to any more. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
  }

  /** A full disk ends the writing, and an entry would wait for it for ever. */
  async #orFailure(entry: Promise<void>): Promise<void> {
    entry.catch(() => undefined);
    await Promise.race([entry, this.#written.then(() => Promise.reject(new Error('the file was finished too early')))]);
  }
}
