import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { pack } from 'tar-stream';

interface EntryDetails {
  readonly path: string;
  readonly mtime?: Date | undefined;
}

/** The file of a bundle while it is written: entries one after the other, whoever brings them. */
export class BundleFile {
  readonly #folder: string;
  readonly #pack = pack();
  readonly #hash = createHash('sha256');
  readonly #written: Promise<void>;
  #turn: Promise<unknown> = Promise.resolve();
  #bytes = 0;
  #entries = 0;

  /** @param folder that all of it is in, so that it does not spread where it is unpacked */
  constructor(target: string, folder: string, signal: AbortSignal) {
    this.#folder = folder;
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, callback) => {
        this.#hash.update(chunk);
        this.#bytes += chunk.length;
        callback(null, chunk);
      },
    });
    const compress = createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
    });
    this.#written = pipeline(this.#pack, compress, counter, createWriteStream(target, { mode: 0o600 }), { signal });
    // Told to whoever adds next; here, so that nobody hears of it too late.
    this.#written.catch(() => undefined);
  }

  add({ path, mtime }: EntryDetails, content: Buffer | string): Promise<void> {
    return this.#next(
      () =>
        new Promise<void>((resolve, reject) => {
          const header = { name: `${this.#folder}/${path}`, mode: 0o644, mtime: mtime ?? new Date() };
          const sink = this.#pack.entry(header, content, (error) => (error ? reject(error) : resolve()));
          // It tells its failure twice, and one that nobody listens to ends the process.
          sink.on('error', reject);
        }),
    );
  }

  /** @param size of the file, which nobody writes to any more */
  addFile({ path, mtime }: EntryDetails, file: string, size: number): Promise<void> {
    return this.#next(async () => {
      const sink = this.#pack.entry({ name: `${this.#folder}/${path}`, mode: 0o644, mtime: mtime ?? new Date(), size });
      await pipeline(createReadStream(file), sink);
    });
  }

  async finish(): Promise<{ digest: string; bytes: number; files: number }> {
    await this.#turn;
    this.#pack.finalize();
    await this.#written;
    return { digest: `sha256:${this.#hash.digest('hex')}`, bytes: this.#bytes, files: this.#entries };
  }

  /** Resolves once the file is not written to any more. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
  }

  #next(write: () => Promise<void>): Promise<void> {
    // A full disk ends the pipeline, and the entry would wait for it forever.
    const turn = this.#turn.then(() => Promise.race([write(), this.#written.then(neverHere)]));
    this.#turn = turn.catch(() => undefined);
    this.#entries++;
    return turn;
  }
}

function neverHere(): never {
  throw new Error('the bundle was finished while an entry was written');
}
