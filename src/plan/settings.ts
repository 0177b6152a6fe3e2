import type { Component, ConfigFile } from '../catalog/index.js';
import { didYouMean, UsageError } from '../errors/index.js';
import { hiddenSetting } from '../secrets/index.js';

const EXAMPLE = 'FILE:KEY=VALUE is expected, e.g. --set hdfs-site:dfs.replication=2';

/** Config name to the user's properties; taken as they are, not as Liquid. */
export type Settings = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function parseSettings(settings: readonly string[], components: readonly Component[]): Settings {
  const byConfig = new Map<string, Map<string, string>>();
  for (const setting of settings) {
    const [, file, key, value] = /^([^:=\s]+):([^=\s]+)=(.*)$/s.exec(setting) ?? [];
    if (file === undefined || key === undefined || value === undefined) {
      throw new UsageError(`the setting "${hiddenSetting(setting)}" is not complete`, EXAMPLE);
    }
    // No config file of ours can hold a control character: XML forbids most, a properties file ends at a line break.
    if (/\p{Cc}/u.test(`${key}${value}`))
      throw new UsageError(`the setting of ${key} has a control character`, EXAMPLE);
    const { name } = findConfig(file, setting, components);
    const properties = byConfig.get(name) ?? new Map<string, string>();
    byConfig.set(name, properties.set(key, value));
  }
  return byConfig;
}

/** By its name ("hdfs-site") or its file's name ("hdfs-site.xml"). @param setting as given */
export function findConfig(file: string, setting: string, components: readonly Component[]): ConfigFile {
  const configs = components.flatMap(({ config }) => [...config.values()]);
  const found =
    configs.find(({ name }) => name === file) ??
    configs.find(({ path }) => path.slice(path.lastIndexOf('/') + 1) === file);
  const names = configs.filter(({ format }) => format !== 'text').map(({ name }) => name);
  const list = `the config files are ${names.join(', ')}`;
  if (found === undefined) {
    throw new UsageError(
      `"${hiddenSetting(setting)}": there is no config file "${file}"${didYouMean(file, names)}`,
      list,
    );
  }
  if (found.format === 'text') {
    throw new UsageError(`"${hiddenSetting(setting)}": ${found.path} is a text file without keys and values`, list);
  }
  return found;
}
