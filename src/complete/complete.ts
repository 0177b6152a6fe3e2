import { CONFIG_KEYS } from '../config/index.js';
import type { Kind, Manifest } from './kinds.js';
import { type Candidate, placeOf } from './place.js';

export interface NamedSandbox {
  readonly name: string;
  readonly nodes: readonly { readonly name: string; readonly services: readonly string[] }[];
}

/** Names that only the engine, or the disk, knows. Each may fail, and may take for ever. */
export interface Names {
  sandboxes(): Promise<readonly NamedSandbox[]>;
  snapshots(): Promise<readonly string[]>;
  images(): Promise<readonly string[]>;
  templates(): Promise<readonly string[]>;
  components(): Promise<readonly string[]>;
}

/** Asks the shell to complete a file name; no candidate of ours begins with a colon. */
export const FILES = ':files';

/** A name with such characters in it is none that one types, and none for a shell to print. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

const CONDITIONS = ['ready', 'running', 'stopped', 'gone', 'service='];

/**
 * What may stand where the cursor is: a line for each, `VALUE<tab>DESCRIPTION`. Never fails: what cannot be found out
 * within the limit is left out.
 * @param words after the program's name; the last one is where the cursor is
 */
export async function complete(
  words: readonly string[],
  { manifest, names, limitMs }: { readonly manifest: Manifest; readonly names: Names; readonly limitMs: number },
): Promise<string[]> {
  const place = placeOf(manifest, words);
  const asked = await Promise.all(
    place.kinds.filter((kind) => kind !== 'file').map((kind) => inTime(candidates(kind, place.typed), limitMs)),
  );
  const lines = [...place.candidates, ...asked.flat()]
    .filter(({ value }) => value.startsWith(place.typed) && !place.used.includes(value) && !UNSEEN.test(value))
    .map(({ value, description }) => `${place.before}${value}${description === '' ? '' : `\t${oneLine(description)}`}`);
  return [...lines, ...(place.kinds.includes('file') ? [FILES] : [])];

  async function candidates(kind: Exclude<Kind, 'file'>, typed: string): Promise<readonly Candidate[]> {
    switch (kind) {
      case 'sandbox':
        return plain((await names.sandboxes()).map(({ name }) => name));
      case 'node':
        return plain(pathsIn(await names.sandboxes(), typed, 'nodes'));
      case 'target':
        return plain(pathsIn(await names.sandboxes(), typed, 'services'));
      case 'service': {
        const nodes = (await names.sandboxes()).flatMap((each) => each.nodes);
        return plain([...new Set(nodes.flatMap(({ services }) => services))].sort());
      }
      case 'snapshot':
        return plain(await names.snapshots());
      case 'image':
        return plain(await names.images());
      case 'template':
        return plain(await names.templates());
      case 'component':
        return plain(await names.components());
      case 'key':
        return plain(CONFIG_KEYS);
      case 'condition':
        return plain(CONDITIONS);
      case 'command':
        return placeOf(manifest, ['help', ...place.used, '']).candidates;
    }
  }
}

/** The next level only once it is clear of what: there may be hundreds. */
function pathsIn(sandboxes: readonly NamedSandbox[], typed: string, down: 'nodes' | 'services'): string[] {
  const isMeant = (path: string): boolean => typed === path || typed.startsWith(`${path}/`);
  return sandboxes.flatMap(({ name, nodes }) => {
    if (!isMeant(name)) return [name];
    const below = nodes.flatMap((node) => {
      const path = `${name}/${node.name}`;
      return [path, ...(down === 'services' && isMeant(path) ? node.services.map((each) => `${path}/${each}`) : [])];
    });
    return [name, ...below];
  });
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}

/** Nothing for what fails, or comes too late. */
async function inTime(asked: Promise<readonly Candidate[]>, limitMs: number): Promise<readonly Candidate[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Candidate[]>((resolve) => {
    timer = setTimeout(() => resolve([]), limitMs);
  });
  try {
    return await Promise.race([asked.catch(() => []), late]);
  } finally {
    clearTimeout(timer);
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
