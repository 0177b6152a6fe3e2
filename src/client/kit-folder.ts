import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConflictError, FailedError, SandboxError } from '../errors/index.js';
import type { KitFile } from './client-config.js';

/** Says that a folder is a kit, and whose. */
export interface Mark {
  readonly sandbox: string;
  readonly attempt: string;
  /** The engine, known from all others. */
  readonly engine: string;
  readonly files: readonly string[];
}

const MARK = 'kit.json';
const UNFINISHED = /^\..+\.tmp$/;
/** Nobody writes a kit for so long. */
const UNFINISHED_MS = 60 * 60_000;

export interface WriteOptions {
  readonly folder: string;
  readonly mark: Omit<Mark, 'files'>;
  readonly files: readonly KitFile[];
  /**
   * Whether all users of this machine read it but for files that are secret, whatever the umask: the program that it is
   * for may change its user. Else as files that the user makes.
   */
  readonly isForAll: boolean;
}

interface Modes {
  readonly folder: number;
  readonly file: number;
}

const AS_USUAL: Modes = { folder: 0o777, file: 0o666 };
const FOR_ALL: Modes = { folder: 0o755, file: 0o644 };
const SECRET = 0o600;

/**
 * Writes a kit. A new folder appears with everything in it; in one that is there each file is replaced as a whole, for
 * programs that run may be reading them.
 * @throws FailedError
 */
export async function writeKit({ folder, mark, files, isForAll }: WriteOptions): Promise<void> {
  const modes = isForAll ? FOR_ALL : AS_USUAL;
  const content = `${JSON.stringify({ ...mark, files: files.map((file) => file.path) }, undefined, 2)}\n`;
  // Last: what has it is complete.
  const all = [...files, { path: MARK, content }];
  await orFail(folder, async () => {
    await makeFolder(path.dirname(folder), modes);
    if (!(await isThere(folder))) {
      const unfinished = path.join(path.dirname(folder), `.${path.basename(folder)}.${randomUUID()}.tmp`);
      try {
        for (const file of all) await replace(unfinished, file, modes);
        await rename(unfinished, folder);
        return;
      } catch (error) {
        await rm(unfinished, { recursive: true, force: true });
        // Another run was faster; the files are alike, but not the moment.
        if (!/^(ENOTEMPTY|EEXIST)$/.test(codeOf(error))) throw error;
      }
    }
    // As it was made by somebody else, or for this.
    if (isForAll) await chmod(folder, modes.folder);
    for (const file of all) await replace(folder, file, modes);
  });
}

/** With those above it. */
async function makeFolder(folder: string, modes: Modes): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: modes.folder });
  if (first === undefined || modes !== FOR_ALL) return;
  for (let each = folder; each.startsWith(first); each = path.dirname(each)) await chmod(each, modes.folder);
}

async function replace(folder: string, file: KitFile, modes: Modes): Promise<void> {
  const target = path.join(folder, file.path);
  await makeFolder(path.dirname(target), modes);
  const unfinished = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeFile(unfinished, file.content, { mode: file.isSecret ? SECRET : modes.file, flag: 'wx' });
    if (modes === FOR_ALL && !file.isSecret) await chmod(unfinished, modes.file);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * Refuses to take the place of files that are not of a kit.
 * @throws ConflictError that names them
 */
export async function mustBeOfKit(folder: string, files: readonly KitFile[]): Promise<void> {
  const own = new Set((await readMark(folder))?.files);
  const wanted = [...files.map((file) => file.path), ...(own.size > 0 ? [] : [MARK])];
  const foreign: string[] = [];
  for (const file of wanted) {
    if (!own.has(file) && (await orFail(folder, () => isThere(path.join(folder, file))))) foreign.push(file);
  }
  if (foreign.length === 0) return;
  throw new ConflictError(
    `in ${folder} these files are not of a kit: ${foreign.join(', ')}`,
    'name another folder, or replace them with --force',
  );
}

/**
 * Removes kits of this engine's sandboxes that are gone, and what killed runs left half-written. What cannot be removed
 * stays.
 * @param attempts of all sandboxes there are; asked for only when there is a kit that may have to go
 */
export async function removeOldKits(
  root: string,
  engine: string,
  keep: string,
  attempts: () => Promise<ReadonlySet<string>>,
): Promise<void> {
  const names = await readdir(root).catch(() => []);
  const candidates: { folder: string; attempt: string }[] = [];
  for (const name of names) {
    const folder = path.join(root, name);
    if (folder === keep) continue;
    if (UNFINISHED.test(name)) {
      const { mtimeMs } = await lstat(folder).catch(() => ({ mtimeMs: Date.now() }));
      if (mtimeMs < Date.now() - UNFINISHED_MS)
        await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      continue;
    }
    const mark = await readMark(folder);
    if (mark?.engine === engine) candidates.push({ folder, attempt: mark.attempt });
  }
  if (candidates.length === 0) return;
  const living = await attempts();
  for (const { folder, attempt } of candidates) {
    if (!living.has(attempt)) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function readMark(folder: string): Promise<Mark | undefined> {
  try {
    const mark = JSON.parse(await readFile(path.join(folder, MARK), 'utf8')) as Partial<Mark> | null;
    const { sandbox, attempt, engine, files } = mark ?? {};
    if (typeof sandbox !== 'string' || typeof attempt !== 'string' || typeof engine !== 'string') return undefined;
    return Array.isArray(files) ? { sandbox, attempt, engine, files } : undefined;
  } catch {
    return undefined;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function orFail<T>(folder: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FailedError(`can't write the kit ${folder}: ${reason}`, 'see that the folder can be written', {
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
