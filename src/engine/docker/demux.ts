const HEADER_BYTES = 8;
const STDOUT = 1;

export interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/**
 * Takes apart the engine's one stream of two outputs. Each frame has a header of 8 bytes: the stream (1 is stdout, 2
 * stderr, 3 an error of the engine), three zeros, and the length as a big-endian number. A chunk from the network may
 * end anywhere, inside a header as well. Payload is handed on as it comes, never collected to a whole frame.
 * Format: https://docs.docker.com/reference/api/engine/ under "Attach to a container".
 */
export class Demux {
  #header = Buffer.alloc(0);
  #stream: Output['stream'] = 'stdout';
  #left = 0;

  *push(chunk: Buffer): Generator<Output> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const data = rest.subarray(0, this.#left);
        this.#left -= data.length;
        rest = rest.subarray(data.length);
        yield { stream: this.#stream, data };
        continue;
      }
      const missing = HEADER_BYTES - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length < HEADER_BYTES) return;
      this.#stream = this.#header.readUInt8(0) === STDOUT ? 'stdout' : 'stderr';
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
  }
}
