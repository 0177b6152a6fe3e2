import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../errors/index.js';
import type { Environment } from './endpoint.js';

/** The folder of Docker's own configuration: config.json, contexts. */
export function dockerConfigFolder(environment: Environment): string {
  return environment.DOCKER_CONFIG || join(environment.HOME || homedir(), '.docker');
}

/** The parsed config.json; undefined when there is none. @throws UsageError when it is not JSON */
export async function readDockerConfig(environment: Environment): Promise<unknown> {
  return readJson(join(dockerConfigFolder(environment), 'config.json'));
}

/** @throws UsageError when the file is there and is not JSON */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    // Absent, or not ours to read: Docker's own client goes on without it too.
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is not JSON`, `correct it: docker itself cannot read ${path} either`, { cause });
  }
}

/** A field deep inside a parsed JSON value; undefined as soon as the path leaves it. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}

/** As `field`, for a text that is not empty. */
export function textField(value: unknown, ...path: readonly string[]): string | undefined {
  const found = field(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
