import { delimiter } from 'node:path';
import { UsageError } from '../errors/index.js';
import { formatDuration } from './duration.js';
import { type ConfigKey, type ConfigValues, KEYS, VALUE_NAMES, type ValueName, valueNameOf } from './keys.js';
import { type ConfigSources, loadConfig, loadValue, type Origin, type Sourced } from './load.js';

/** A setting as it counts now. */
export interface Setting {
  readonly key: ConfigKey;
  /** As `config set` takes it: durations as 8h, folders with : between them; null for none. */
  readonly value: string | null;
  readonly origin: Origin['kind'];
  /** The variable, or file:line; empty for a default. */
  readonly where: string;
}

/** Every setting, in the order of the documentation. @throws UsageError for a wrong value, with its place */
export async function listSettings(sources: ConfigSources): Promise<Setting[]> {
  const config = await loadConfig(sources);
  return VALUE_NAMES.map((name) => toSetting(name, config[name]));
}

/** @throws UsageError for an unknown key, or a wrong value of this one */
export async function settingOf(key: string, sources: ConfigSources): Promise<Setting> {
  const name = valueNameOf(key);
  return toSetting(name, await loadValue(name, sources));
}

/** What counts after a change; null, with the reason, when something else is wrong and nothing can be loaded. */
export async function settingNow(
  key: string,
  sources: ConfigSources,
): Promise<{ readonly now: Setting | null; readonly problem: string }> {
  try {
    return { now: await settingOf(key, sources), problem: '' };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { now: null, problem: error.message };
  }
}

function toSetting(name: ValueName, { value, origin }: Sourced<ConfigValues[ValueName]>): Setting {
  return { key: KEYS[name].key, value: textOf(name, value), origin: origin.kind, where: origin.where };
}

function textOf(name: ValueName, value: ConfigValues[ValueName]): string | null {
  if (value === undefined) return null;
  if (typeof value === 'number') return formatDuration(value);
  if (typeof value === 'string') return value;
  return name === 'templates' ? value.join(delimiter) : value.join(',') || null;
}
