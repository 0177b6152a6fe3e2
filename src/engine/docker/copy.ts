import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { EngineFailedError, NotFoundError } from '../../errors/index.js';
import type { PathStatus } from '../port.js';
import type { Connection } from './connection.js';
import { field } from './docker-config.js';
import { download } from './download.js';
import { upload } from './upload.js';

const STATUS_HEADER = 'x-docker-container-path-stat';
/** The engine sends the type of a file as Go has it: https://pkg.go.dev/io/fs#FileMode */
const GO_TYPES = { folder: 2 ** 31, link: 2 ** 27 } as const;
const GO_ANY_TYPE = 2 ** 31 + 2 ** 27 + 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21 + 2 ** 19;

/** @see Containers.readArchive */
export async function openArchive(connection: Connection, id: string, path: string): Promise<Readable> {
  try {
    return await download(connection, { action: reading(id, path) }, (docker) =>
      docker.getContainer(id).getArchive({ path }),
    );
  } catch (error) {
    // A path below a file is no path either; the engine says so in the words of the system call.
    if (!(error instanceof EngineFailedError && /not a directory/i.test(error.message))) throw error;
    throw new NotFoundError(error.message, 'check the path: a part of it is a file, not a folder', { cause: error });
  }
}

/** @see Containers.pathStatus @param inspect of the container: throws when there is none */
export async function pathStatus(
  connection: Connection,
  id: string,
  path: string,
  inspect: (id: string) => Promise<unknown>,
): Promise<PathStatus | undefined> {
  const answer = await lookFor(connection, id, path, inspect);
  // Not a property of its own, but of all answers.
  return answer && parseStatus(field(Reflect.get(answer, 'headers'), STATUS_HEADER), path);
}

/** The engine's answer about a path; undefined when it is not there. @param inspect as above */
export async function lookFor(
  connection: Connection,
  id: string,
  path: string,
  inspect: (id: string) => Promise<unknown>,
): Promise<object | undefined> {
  try {
    const answer: unknown = await connection.askSoon(
      { action: `look for ${path} in ${named(id)}` },
      (docker, abortSignal) => docker.getContainer(id).infoArchive({ path, abortSignal }),
    );
    if (answer instanceof Readable) answer.resume();
    return Object(answer);
  } catch (error) {
    if (error instanceof NotFoundError) {
      // An answer to HEAD has no text that tells a missing path from a missing container.
      await inspect(id);
      return undefined;
    }
    if (error instanceof EngineFailedError && (await isBelowFile(connection, id, path))) return undefined;
    throw error;
  }
}

/** For the same reason: only the answer to GET says that a part of the path is a file. */
async function isBelowFile(connection: Connection, id: string, path: string): Promise<boolean> {
  try {
    (await openArchive(connection, id, path)).destroy();
    return false;
  } catch (error) {
    return error instanceof NotFoundError;
  }
}

/** @throws EngineFailedError for an engine that does not tell */
export function parseStatus(header: unknown, path: string): PathStatus {
  let status: unknown;
  try {
    status = JSON.parse(Buffer.from(String(header), 'base64').toString());
  } catch {
    status = undefined;
  }
  const [mode, size, target] = [field(status, 'mode'), field(status, 'size'), field(status, 'linkTarget')];
  const modified = new Date(String(field(status, 'mtime')));
  if (typeof mode !== 'number' || Number.isNaN(modified.getTime())) {
    throw new EngineFailedError(`the engine does not say what ${path} is`, 'see its version: docker version');
  }
  const has = (bit: number): boolean => Math.floor(mode / bit) % 2 === 1;
  const isPlain = [...bitsOf(GO_ANY_TYPE)].every((bit) => !has(bit));
  const kind = has(GO_TYPES.folder) ? 'folder' : has(GO_TYPES.link) ? 'link' : isPlain ? 'file' : 'other';
  // The engine calls a relative path what it could not follow to its end.
  const end = kind === 'link' ? posix.resolve(posix.dirname(path), String(target ?? '')) : '';
  return { kind, sizeBytes: typeof size === 'number' ? size : 0, target: end, modifiedAt: modified.toISOString() };
}

/** @see Containers.writeArchive */
export async function writeArchive(connection: Connection, id: string, folder: string, tar: Readable): Promise<void> {
  const action = `write into ${folder} in ${named(id)}`;
  // A file never takes the place of a folder, nor the other way round.
  const options = { path: folder, noOverwriteDirNonDir: '1' };
  await connection.ask({ action }, (docker) =>
    upload(
      docker,
      action,
      tar,
      (body) => docker.getContainer(id).putArchive(body, options),
      () => Promise.resolve(),
    ),
  );
}

export function reading(id: string, path: string): string {
  return `read ${path} in ${named(id)}`;
}

export function named(id: string): string {
  return `container ${/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id}`;
}

function* bitsOf(mask: number): Generator<number> {
  for (let bit = 1; bit <= mask; bit *= 2) if (Math.floor(mask / bit) % 2 === 1) yield bit;
}
