import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Manifest as Reference } from '../../scripts/reference/manual.ts';
import type { Manifest } from '../../src/complete/kinds.js';

const FOLDER = resolve(import.meta.dirname, '../../src/commands');

/** Ids of all commands, such as "snapshots:ls". */
export const COMMAND_IDS: readonly string[] = globSync('**/*.ts', { cwd: FOLDER })
  .map((file) => file.slice(0, -'.ts'.length).replaceAll('/', ':'))
  .sort();

// biome-ignore lint/suspicious/noExplicitAny: the classes of oclif have no common type that can be run
export async function loadCommand(id: string): Promise<any> {
  return (await import(`${join(FOLDER, ...id.split(':'))}.ts`)).default;
}

/** What scripts/manifest.mjs writes, of the sources. */
export async function manifestOfSources(): Promise<Manifest & Reference> {
  const entries = COMMAND_IDS.map(async (id) => {
    const { summary, description, usage, examples, strict, hidden, args, flags, baseFlags } = await loadCommand(id);
    const json = { type: 'boolean', description: 'Format output as json.', helpGroup: 'GLOBAL' };
    const all = { ...baseFlags, ...flags, json };
    return [id, { summary, description, usage, examples, strict, hidden, args, flags: all }];
  });
  return { commands: Object.fromEntries(await Promise.all(entries)) };
}
