import { type Catalog, type Component, componentsOf, findTemplate, type KnownKeys } from '../catalog/index.js';
import { closest } from '../errors/index.js';
import { parseSettings } from './settings.js';

/** Long names differ by a letter or two where somebody slipped, and by more where they are two names. */
const SLIP = 2;

/**
 * What to say of settings whose key nobody knows, and which is nearly one that is known: it would be taken, restart what
 * reads it, and change nothing. A key that is like no other may be one of the user's own.
 * @param settings FILE:KEY=VALUE, checked before
 */
export function doubtfulKeys(catalog: Catalog, template: string, settings: readonly string[]): string[] {
  return doubtfulKeysOf(componentsOf(catalog, findTemplate(catalog, template)), settings);
}

export function doubtfulKeysOf(components: readonly Component[], settings: readonly string[]): string[] {
  const configs = new Map(components.flatMap((component) => [...component.config]));
  return [...parseSettings(settings, components)].flatMap(([file, properties]) => {
    const known = configs.get(file)?.knownKeys?.();
    if (!known) return [];
    return [...properties.keys()].flatMap((key) => {
      const meant = meantBy(key, known);
      return meant === undefined ? [] : [`${file}:${key} is no key that is known; did you mean ${meant}?`];
    });
  });
}

function meantBy(key: string, { documented, others }: KnownKeys): string | undefined {
  if (documented.has(key) || others.has(key)) return undefined;
  const meant = closest(key, documented, SLIP);
  // People add names of their own: dfs.ha.namenodes.NS
  return meant === undefined || key.startsWith(`${meant}.`) ? undefined : meant;
}
