import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closest, FailedError, NotFoundError } from '../errors/index.js';
import { SCHEMAS } from './workspace.js';

/** Commands whose output has a schema, as they are typed. @throws FailedError when the program was not built whole */
export async function listSchemas(folder = SCHEMAS): Promise<string[]> {
  const files = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new FailedError(`there are no schemas in ${folder}`, 'npm run build, or install bdsandbox again', { cause });
  });
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  return names.map((name) => name.split(/[/\\]/).join(' ')).sort();
}

/** @param command as typed, such as "snapshots ls" @throws NotFoundError */
export async function readSchema(command: string, folder = SCHEMAS): Promise<Readonly<Record<string, unknown>>> {
  const known = await listSchemas(folder);
  if (!known.includes(command)) {
    const meant = closest(command, known);
    const hint = meant === undefined ? 'bdsandbox schema lists them' : `did you mean ${meant}?`;
    throw new NotFoundError(`there is no command "${command}"`, hint);
  }
  return JSON.parse(await readFile(join(folder, ...`${command}.json`.split(' ')), 'utf8'));
}
