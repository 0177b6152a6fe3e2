import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { UsageError } from '../errors/index.js';
import { type ConfigKey, type ConfigValues, KEYS, type Place, VALUE_NAMES, type ValueName } from './keys.js';
import { findProjectFolder, findUserFile, userConfigFolder } from './locate.js';
import { DEFAULT_NETWORK_POOL } from './network-pool.js';
import type { ConfigFile } from './read-file.js';
import { type RegistryTrust, trustOf } from './trust.js';

export interface Origin {
  readonly kind: 'flag' | 'env' | 'project' | 'user' | 'default';
  /** The flag, the variable, or file:line; empty for a default. */
  readonly where: string;
}

export interface Sourced<T> {
  readonly value: T;
  readonly origin: Origin;
}

export type Config = { readonly [N in ValueName]: Sourced<ConfigValues[N]> } & {
  /** The same without origins. */
  readonly values: LoadedValues;
};

export type LoadedValues = ConfigValues & { readonly trust: RegistryTrust };

export interface ConfigSources {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** As typed; the flag of a key is its name with dashes, such as --network-pool. */
  readonly flags?: { readonly [K in ConfigKey]?: string | undefined };
}

/** @throws UsageError that names flag, variable, or file and line, and the key */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const layers = [flagLayer(sources), envLayer(sources), ...(await fileLayers(sources))];
  const sourced = Object.fromEntries(VALUE_NAMES.map((name) => [name, pick(name, layers, sources)]));
  const values = Object.fromEntries(VALUE_NAMES.map((name) => [name, sourced[name]?.value])) as unknown as ConfigValues;
  const trust = trustOf(values, sourced['registry']?.origin.kind === 'project');
  return { ...sourced, values: { ...values, trust } } as unknown as Config;
}

/** One value alone: what is wrong with another is no matter. @throws UsageError as loadConfig */
export async function loadValue<N extends ValueName>(
  name: N,
  sources: ConfigSources,
): Promise<Sourced<ConfigValues[N]>> {
  const layers = [flagLayer(sources), envLayer(sources), ...(await fileLayers(sources))];
  return pick(name, layers, sources) as Sourced<ConfigValues[N]>;
}

interface RawValue {
  readonly text: string;
  readonly origin: Origin;
  readonly folder: string;
}

/** Looks one key up; a value is parsed only when it counts, so an overridden mistake hurts nobody. */
type Layer = (key: ConfigKey) => RawValue | undefined;

function pick(name: ValueName, layers: readonly Layer[], sources: ConfigSources): Sourced<unknown> {
  for (const layer of layers) {
    const raw = layer(KEYS[name].key);
    if (raw !== undefined) return { value: parse(name, raw, sources.home), origin: raw.origin };
  }
  return { value: defaultOf(name, sources), origin: { kind: 'default', where: '' } };
}

function parse(name: ValueName, raw: RawValue, home: string): unknown {
  const place: Place = { folder: raw.folder, home };
  try {
    return KEYS[name].parse(raw.text, place);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const subject = raw.origin.kind === 'flag' || raw.origin.kind === 'env' ? '' : ` ${KEYS[name].key}:`;
    throw new UsageError(`${raw.origin.where}:${subject} ${error.message}`, error.hint, { cause: error });
  }
}

const VARIABLES = Object.fromEntries(VALUE_NAMES.map((name) => [KEYS[name].key, KEYS[name].env])) as Record<
  ConfigKey,
  string
>;

function flagLayer({ flags, cwd }: ConfigSources): Layer {
  return (key) => {
    const text = flags?.[key];
    if (text === undefined) return undefined;
    return { text, folder: cwd, origin: { kind: 'flag', where: `--${key.replace('.', '-')}` } };
  };
}

function envLayer({ env, cwd }: ConfigSources): Layer {
  return (key) => {
    const where = VARIABLES[key];
    const text = env[where];
    return text === undefined || text === '' ? undefined : { text, folder: cwd, origin: { kind: 'env', where } };
  };
}

async function fileLayers({ cwd, env, home }: ConfigSources): Promise<readonly Layer[]> {
  const folder = findProjectFolder(cwd);
  const userFile = findUserFile(userConfigFolder(env, home));
  if (folder === undefined && userFile === undefined) return [];
  const [{ readProjectFile, readUserFile }, { checkShape }] = await Promise.all([
    import('./read-file.js'),
    import('./schema.js'),
  ]);
  const toLayer = (kind: 'project' | 'user', file: ConfigFile | undefined): Layer[] =>
    file === undefined ? [] : [fileLayer(kind, file, checkShape(file, kind))];
  return [
    ...toLayer('project', folder === undefined ? undefined : await readProjectFile(folder)),
    ...toLayer('user', userFile === undefined ? undefined : await readUserFile(userFile)),
  ];
}

function fileLayer(kind: Origin['kind'], file: ConfigFile, content: object): Layer {
  return (key) => {
    const path = key.split('.');
    const value = path.reduce<unknown>((node, name) => (isRecord(node) ? node[name] : undefined), content);
    if (value === undefined) return undefined;
    const text = Array.isArray(value) ? value.join(key === 'templates' ? delimiter : ',') : String(value);
    return { text, folder: dirname(file.path), origin: { kind, where: `${file.path}:${file.lineOf(path)}` } };
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function defaultOf(name: ValueName, { env, home }: ConfigSources): ConfigValues[ValueName] {
  switch (name) {
    case 'owner':
      return osUser();
    case 'registry':
      return '127.0.0.1:5000';
    case 'templates':
      return [join(userConfigFolder(env, home), 'templates')].filter((folder) => existsSync(folder));
    case 'networkPool':
      return DEFAULT_NETWORK_POOL;
    case 'publishAddress':
      return '127.0.0.1';
    case 'golden':
      return 'auto';
    case 'timeoutMs':
      return 10 * 60_000;
    case 'trustedRegistries':
      return [];
    case 'engine':
    case 'mavenRepository':
    case 'ttlMs':
      return undefined;
  }
}

/** A container may run as a number without a name; then the number has to do. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
