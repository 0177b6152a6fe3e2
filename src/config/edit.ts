import { readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { FailedError, UsageError } from '../errors/index.js';
import { type ConfigKey, KEYS, type ValueName, valueNameOf } from './keys.js';
import type { ConfigSources } from './load.js';
import { findProjectFile, findProjectFolder, findUserFile, userConfigFolder } from './locate.js';
import { notOfProject } from './own-file.js';

export type WhichFile = 'project' | 'user';

export interface Edited {
  readonly key: ConfigKey;
  readonly file: string;
  /** False when the file says so already; then it was not written. */
  readonly changed: boolean;
}

/** Where a setting is written when there is no file yet. */
const NEW_FILES = { project: '.bdsandboxrc.yaml', user: 'config.yaml' } as const;

/**
 * Writes a setting into the user's file, or the nearest project's; comments and order stay. Nothing is written unless
 * all of the file could be loaded afterwards.
 * @throws UsageError for an unknown key, a wrong value, or a broken file, with its line
 */
export async function setValue(key: string, value: string, which: WhichFile, sources: ConfigSources): Promise<Edited> {
  const name = valueNameOf(key);
  const file = fileOf(which, sources);
  // As the command line's own: relative folders start here, and are written so that they do not move.
  const place = { folder: sources.cwd, home: sources.home };
  KEYS[name].parse(value, place);
  if (value.trim() === '') throw new UsageError('the value is empty', `take it back: bdsandbox config unset ${key}`);
  if (name === 'trustedRegistries') {
    if (which === 'project') throw notOfProject(file);
    return edit(
      name,
      file,
      value.split(',').map((each) => each.trim()),
    );
  }
  return edit(name, file, name === 'templates' ? foldersFor(file, value, which, sources.cwd) : value);
}

/** Takes a setting out of the file. @throws UsageError as setValue */
export async function unsetValue(key: string, which: WhichFile, sources: ConfigSources): Promise<Edited> {
  return edit(valueNameOf(key), fileOf(which, sources), undefined);
}

async function edit(name: ValueName, file: string, value: string | readonly string[] | undefined): Promise<Edited> {
  const { key } = KEYS[name];
  const [{ editText }, { writeBeside }] = await Promise.all([import('./edit-text.js'), import('./write-beside.js')]);
  const before = await read(file);
  const after = editText(file, before ?? '', key, value);
  const changed = after !== (before ?? '');
  if (changed) await writeBeside(file, after);
  return { key, file, changed };
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (Object(cause).code === 'ENOENT') return undefined;
    throw new FailedError(`${file} cannot be read: ${Object(cause).message}`, 'see who may read it: ls -l', { cause });
  }
}

function fileOf(which: WhichFile, { cwd, env, home }: ConfigSources): string {
  if (which === 'user') {
    const folder = userConfigFolder(env, home);
    return findUserFile(folder) ?? join(folder, NEW_FILES.user);
  }
  const folder = findProjectFolder(cwd);
  return (folder === undefined ? undefined : findProjectFile(folder)) ?? join(cwd, NEW_FILES.project);
}

/** A project's folders move with it, a user's own do not. */
function foldersFor(file: string, value: string, which: WhichFile, cwd: string): string[] {
  const folders = value.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => {
    if (isAbsolute(folder) || /^~(?=\/|$)/.test(folder)) return folder;
    const absolute = resolve(cwd, folder);
    if (which === 'user') return absolute;
    const near = relative(dirname(file), absolute);
    return near === '' || near === '..' || near.startsWith('../') ? near || '.' : `./${near}`;
  });
}
