import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const PACKAGE_KEY = 'bdsandbox';

/** Data only: a file that runs code could do anything to whoever enters a folder. */
export const SEARCH_PLACES: readonly string[] = [
  '.bdsandboxrc',
  '.bdsandboxrc.yaml',
  '.bdsandboxrc.yml',
  '.bdsandboxrc.json',
  'bdsandbox.config.yaml',
  'bdsandbox.config.yml',
  'bdsandbox.config.json',
  'package.json',
];

const USER_FILES: readonly string[] = ['config.yaml', 'config.yml', 'config.json'];

/**
 * The nearest folder, from `cwd` upwards, that has something of ours. Without this look loading cosmiconfig, yaml and
 * zod would cost each command more than most commands take, and nearly always for nothing.
 */
export function findProjectFolder(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (SEARCH_PLACES.some((name) => holdsConfig(join(folder, name)))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The file of ours in a folder that has one. */
export function findProjectFile(folder: string): string | undefined {
  return SEARCH_PLACES.map((name) => join(folder, name)).find(holdsConfig);
}

export function findUserFile(userFolder: string): string | undefined {
  return USER_FILES.map((name) => join(userFolder, name)).find((file) => existsSync(file));
}

/** $XDG_CONFIG_HOME/bdsandbox; a relative value is to be ignored (XDG base directory specification). */
export function userConfigFolder(env: NodeJS.ProcessEnv, home: string): string {
  const base = env['XDG_CONFIG_HOME'];
  return join(base?.startsWith('/') === true ? base : join(home, '.config'), 'bdsandbox');
}

/** $XDG_STATE_HOME/bdsandbox: what is kept from run to run and missed by nobody when it is lost, such as logs. */
export function userStateFolder(env: NodeJS.ProcessEnv, home: string): string {
  const base = env['XDG_STATE_HOME'];
  return join(base?.startsWith('/') === true ? base : join(home, '.local', 'state'), 'bdsandbox');
}

function holdsConfig(file: string): boolean {
  if (!existsSync(file)) return false;
  return !file.endsWith('package.json') || hasPackageKey(file);
}

/** A package.json that can't be read or parsed is somebody else's problem. */
function hasPackageKey(file: string): boolean {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null && PACKAGE_KEY in content;
  } catch {
    return false;
  }
}
