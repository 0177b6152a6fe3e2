import { statfs } from 'node:fs/promises';
import { PassThrough, pipeline, type Readable, type TransformCallback } from 'node:stream';
import type Dockerode from 'dockerode';
import { DiskFullError, EngineFailedError } from '../../errors/index.js';

/** How long the engine's answer may take after it has stopped reading. */
const ANSWER_MS = 2_000;
/** An engine that takes nothing for so long, while there is more to take, will not go on. */
const STALLED_MS = 60_000;
/** An engine that has got all and says nothing for so long never will. Meanwhile it may write back gigabytes. */
const SILENT_MS = 600_000;
const INFO_MS = 10_000;
/** Less than this part of a file system free, and a write that failed failed for that. */
const FULL = 0.02;

/**
 * Sends a stream as the body of a request, and always comes to an end. A source that fails half-way would leave the
 * request open for ever, since a pipe passes on the end but no error. And an engine that answers before it has read
 * everything, as with a full disk, closes the connection: then the client may see neither its answer nor an error.
 * @param send resolves when the answer begins
 * @param follow reads the answer to its end
 */
export async function upload<T>(
  docker: Dockerode,
  action: string,
  source: Readable,
  send: (body: Readable) => Promise<T>,
  follow: (answer: T) => Promise<void>,
): Promise<void> {
  const body = new Body();
  pipeline(source, body, () => undefined);
  try {
    const answer = await Promise.race([send(body), body.brokenOff]);
    body.unwatch();
    // Who answers may still be reading. Without the rest of the body both sides would wait for each other.
    await follow(answer);
  } catch (error) {
    body.unwatch();
    body.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error instanceof BrokenOff ? await explain(docker, action, error) : error;
  }
  // Of no effect where it was read to its end. Else the client gives its request up, as it does only when a body fails.
  body.destroy(new Error('the engine has answered'));
}

class BrokenOff extends Error {}

/** Notices when the request lets go of it before its end, or does not read on, or is not answered after its end. */
class Body extends PassThrough {
  readonly brokenOff: Promise<never>;
  readonly #watch: NodeJS.Timeout;
  #silence: NodeJS.Timeout | undefined;
  #breakOff: (reason: Error) => void = () => undefined;
  /** What is small may all be on its way before the engine reads any of it. */
  readonly #awaitAnswer = (): void => {
    const reason = new BrokenOff('the engine has all of it, and does not answer');
    this.#silence = setTimeout(() => this.#breakOff(reason), SILENT_MS);
  };
  #moved = 0;

  constructor() {
    super();
    this.brokenOff = new Promise((_resolve, reject) => {
      this.#breakOff = reject;
    });
    this.brokenOff.catch(() => undefined);
    this.once('end', this.#awaitAnswer);
    // Whoever destroys it knows why.
    this.on('error', () => undefined);
    let before = -1;
    this.#watch = setInterval(() => {
      if (this.#moved === before && this.readableLength > 0)
        this.#breakOff(new BrokenOff('the engine does not read on'));
      before = this.#moved;
    }, STALLED_MS);
  }

  /** The answer has begun, and will tell what becomes of it. */
  unwatch(): void {
    clearInterval(this.#watch);
    this.off('end', this.#awaitAnswer);
    clearTimeout(this.#silence);
  }

  override _transform(chunk: unknown, encoding: BufferEncoding, done: TransformCallback): void {
    this.#moved += 1;
    super._transform(chunk, encoding, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#watch);
    // A source may fail before there is a request that hears of it.
    if (error) this.#breakOff(error);
    super._destroy(error, done);
  }

  override unpipe(destination?: NodeJS.WritableStream): this {
    // Not unref'd: it also keeps the process alive until the answer is there or is given up.
    if (!this.readableEnded)
      setTimeout(() => this.#breakOff(new BrokenOff('the engine stopped reading in the middle')), ANSWER_MS);
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
        `cannot ${action}: ${cause.message}`,
        'see why in its log: sudo journalctl -u docker --since -10min',
        { cause },
      );
}

/** Only an engine on this machine has a disk to look at. */
async function isDiskFull(docker: Dockerode): Promise<boolean> {
  try {
    // An engine that does not read may not answer either. The client's types do not know that it takes options.
    const askInfo = docker.info.bind(docker) as (asked: object) => ReturnType<Dockerode['info']>;
    const { DockerRootDir: folder } = await askInfo({ abortSignal: AbortSignal.timeout(INFO_MS) });
    const { bavail, blocks } = await statfs(folder);
    return bavail / blocks < FULL;
  } catch {
    return false;
  }
}
