import { statfs } from 'node:fs/promises';
import { PassThrough, pipeline, type Readable, type TransformCallback } from 'node:stream';
import type Dockerode from 'dockerode';
import { DiskFullError, EngineFailedError } from '../../errors/index.js';

/** How long the engine's answer may take after it has stopped reading. */
const ANSWER_MS = 2_000;
/** An engine that takes nothing for so long, while there is more to take, will not go on. */
const STALLED_MS = 60_000;
/** Less than this part of a file system free, and a write that failed failed for that. */
const FULL = 0.02;

/**
 * Sends a stream as the body of a request, and always comes to an end. A source that fails half-way would leave the
 * request open for ever, since a pipe passes on the end but no error. And an engine that answers before it has read
 * everything, as with a full disk, closes the connection: then the client may see neither its answer nor an error.
 */
export async function upload<T>(
  docker: Dockerode,
  action: string,
  source: Readable,
  send: (body: Readable) => Promise<T>,
): Promise<T> {
  const body = new Body();
  pipeline(source, body, () => undefined);
  try {
    return await Promise.race([send(body), body.brokenOff]);
  } catch (error) {
    // The client gives its request up when the body fails, and keeps it open when the body only ends.
    body.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error instanceof BrokenOff ? await explain(docker, action, error) : error;
  } finally {
    body.destroy();
  }
}

class BrokenOff extends Error {}

/** Notices when the request lets go of it before its end, or does not read on. */
class Body extends PassThrough {
  readonly brokenOff: Promise<never>;
  readonly #watch: NodeJS.Timeout;
  #breakOff: (reason: Error) => void = () => undefined;
  #moved = 0;

  constructor() {
    super();
    this.brokenOff = new Promise((_resolve, reject) => {
      this.#breakOff = reject;
    });
    this.brokenOff.catch(() => undefined);
    let before = -1;
    this.#watch = setInterval(() => {
      if (this.#moved === before && this.readableLength > 0)
        this.#breakOff(new BrokenOff('the engine does not read on'));
      before = this.#moved;
    }, STALLED_MS);
  }

  override _transform(chunk: unknown, encoding: BufferEncoding, done: TransformCallback): void {
    this.#moved += 1;
    super._transform(chunk, encoding, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#watch);
    super._destroy(error, done);
  }

  override unpipe(destination?: NodeJS.WritableStream): this {
    // Not unref'd: it also keeps the process alive until the answer is there or is given up.
    if (!this.readableEnded) setTimeout(() => this.#breakOff(new BrokenOff('the engine stopped reading')), ANSWER_MS);
    return super.unpipe(destination);
  }
}

async function explain(docker: Dockerode, action: string, cause: BrokenOff): Promise<Error> {
  return (await isDiskFull(docker))
    ? new DiskFullError(
        `cannot ${action}: the engine's disk is full`,
        'see what takes the space: docker system df; remove old sandboxes and images',
        { cause },
      )
    : new EngineFailedError(
        `cannot ${action}: the engine stopped reading in the middle`,
        'see why in its log: sudo journalctl -u docker --since -10min',
        { cause },
      );
}

/** Only an engine on this machine has a disk to look at. */
async function isDiskFull(docker: Dockerode): Promise<boolean> {
  try {
    const { DockerRootDir: folder } = await docker.info();
    const { bavail, blocks } = await statfs(folder);
    return bavail / blocks < FULL;
  } catch {
    return false;
  }
}
