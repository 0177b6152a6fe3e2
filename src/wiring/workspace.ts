import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigValues } from '../config/index.js';
import { createDockerEngines, type Engines } from '../engine/index.js';

/** The package's own templates/, beside dist/. */
export const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));

/** What scripts/schemas.ts writes, beside it. */
export const SCHEMAS = fileURLToPath(new URL('../../schemas', import.meta.url));

export const IMAGES_FOLDER = path.join(TEMPLATES, 'images');

/** @throws EngineUnreachableError naming every place that was tried */
export function openEngines(config: ConfigValues): Promise<Engines> {
  return createDockerEngines(config.engine === undefined ? {} : { endpoint: config.engine });
}

/** Where downloads are kept. */
export function downloadsFolder(environment: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(environment), 'downloads');
}

/** Where plans are remembered. */
export function plansFolder(environment: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(environment), 'plans');
}

/**
 * Where client kits are, a folder for each sandbox. Those of root are beside its home, which is closed to others: a program
 * that root runs may go on as another user.
 */
export function kitsFolder(environment: NodeJS.ProcessEnv, user = process.getuid?.()): string {
  const isUsual = user === 0 && xdgCache(environment) === undefined;
  return path.join(isUsual ? '/var/cache/bdsandbox' : cacheFolder(environment), 'kits');
}

/** Following the XDG base directory specification, by which a relative value is to be ignored. */
function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return path.join(xdgCache(environment) ?? path.join(homedir(), '.cache'), 'bdsandbox');
}

function xdgCache(environment: NodeJS.ProcessEnv): string | undefined {
  const base = environment['XDG_CACHE_HOME'];
  return base?.startsWith('/') === true ? base : undefined;
}
