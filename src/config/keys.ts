import { delimiter, resolve } from 'node:path';
import { closest, UsageError } from '../errors/index.js';
import { parseAddress, parseEndpoint, parseMavenRepository, parseOwner, parseRegistry } from './addresses.js';
import { parseDuration } from './duration.js';
import { parseNetworkPool } from './network-pool.js';

/** What commands and the core read. */
export interface ConfigValues {
  readonly owner: string;
  /** Endpoint of the engine; without one the engine is looked for. */
  readonly engine: string | undefined;
  readonly registry: string;
  /** Beside those of this machine: whose golden snapshots `create` begins with. */
  readonly trustedRegistries: readonly string[];
  /** Absolute folders with the user's own components and templates. */
  readonly templates: readonly string[];
  readonly mavenRepository: string | undefined;
  readonly networkPool: string;
  readonly publishAddress: string;
  /** Whether `create` begins with golden snapshots and makes them. */
  readonly golden: 'auto' | 'never';
  /** How long a new sandbox lives; without one it stays until destroyed. */
  readonly ttlMs: number | undefined;
  /** How long a create waits for its services; without one the template says. */
  readonly timeoutMs: number | undefined;
}

export type ValueName = keyof ConfigValues;

/** A setting as written in a file, with a dot for each level. */
export type ConfigKey =
  | 'owner'
  | 'engine'
  | 'registry'
  | 'trusted.registries'
  | 'templates'
  | 'maven.repository'
  | 'network.pool'
  | 'publish.address'
  | 'golden'
  | 'ttl'
  | 'timeout';

/** Where relative folders start, and what ~ means. */
export interface Place {
  readonly folder: string;
  readonly home: string;
}

export interface KeyDefinition<T> {
  readonly key: ConfigKey;
  readonly env: string;
  /** Throws a UsageError that says what is wrong with the text, without naming the key. */
  readonly parse: (text: string, place: Place) => T;
}

export type KeyDefinitions = { readonly [N in ValueName]: KeyDefinition<ConfigValues[N]> };

export const KEYS: KeyDefinitions = {
  owner: { key: 'owner', env: 'BDSANDBOX_OWNER', parse: parseOwner },
  engine: { key: 'engine', env: 'BDSANDBOX_ENGINE', parse: parseEndpoint },
  registry: { key: 'registry', env: 'BDSANDBOX_REGISTRY', parse: parseRegistry },
  trustedRegistries: { key: 'trusted.registries', env: 'BDSANDBOX_TRUSTED_REGISTRIES', parse: parseRegistries },
  templates: { key: 'templates', env: 'BDSANDBOX_TEMPLATES', parse: parseFolders },
  mavenRepository: { key: 'maven.repository', env: 'BDSANDBOX_MAVEN_REPOSITORY', parse: parseMavenRepository },
  networkPool: { key: 'network.pool', env: 'BDSANDBOX_NETWORK_POOL', parse: parseNetworkPool },
  publishAddress: { key: 'publish.address', env: 'BDSANDBOX_PUBLISH_ADDRESS', parse: parseAddress },
  golden: { key: 'golden', env: 'BDSANDBOX_GOLDEN', parse: parseGolden },
  ttlMs: { key: 'ttl', env: 'BDSANDBOX_TTL', parse: parseTtl },
  timeoutMs: { key: 'timeout', env: 'BDSANDBOX_TIMEOUT', parse: parseDuration },
};

export const VALUE_NAMES = Object.keys(KEYS) as readonly ValueName[];

/** The keys in the order in which they are shown. */
export const CONFIG_KEYS: readonly ConfigKey[] = VALUE_NAMES.map((name) => KEYS[name].key);

/** @throws UsageError that says which one may have been meant */
export function valueNameOf(key: string): ValueName {
  const name = VALUE_NAMES.find((each) => KEYS[each].key === key);
  if (name !== undefined) return name;
  const meant = closest(key, CONFIG_KEYS);
  const all = `the keys are ${CONFIG_KEYS.join(', ')}`;
  throw new UsageError(`unknown key "${key}"`, meant === undefined ? all : `did you mean ${meant}? ${all}`);
}

/** Commas stand between them: a colon is before a port. */
function parseRegistries(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map(parseRegistry);
}

/** "none" lets a command line take back the lifetime that a file sets. */
function parseTtl(text: string): number | undefined {
  return text.trim() === 'none' ? undefined : parseDuration(text);
}

function parseGolden(text: string): 'auto' | 'never' {
  if (text === 'auto' || text === 'never') return text;
  throw new UsageError(`"${text}" is neither auto nor never`, 'auto: create begins with golden snapshots; never: cold');
}

function parseFolders(text: string, place: Place): readonly string[] {
  return text
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => toAbsolute(folder, place));
}

function toAbsolute(folder: string, place: Place): string {
  return resolve(place.folder, folder.replace(/^~(?=\/|$)/, place.home));
}
