import { type Catalog, type Component, componentsOf, findTemplate, type Template } from '../catalog/index.js';
import { didYouMean, FailedError, NotFoundError, quote, UsageError } from '../errors/index.js';
import { hiddenSetting } from '../secrets/index.js';
import { digestOf } from './digest.js';
import { doubtfulKeysOf } from './doubtful-keys.js';
import { type KeyedFormat, readValue, withValue } from './edit-config.js';
import { makePlan } from './make-plan.js';
import { findConfig, parseSettings } from './settings.js';
import type { PlanOptions } from './types.js';

export interface SettingsChange {
  /** FILE:KEY=VALUE */
  readonly set: readonly string[];
  /** FILE:KEY of settings that are taken back. */
  readonly unset: readonly string[];
}

/** What a change of settings does to the nodes of a sandbox that is there. */
export interface ChangedSettings {
  /** plan.json as it is afterwards. */
  readonly plan: string;
  readonly files: readonly ChangedFile[];
  /** Of what is set, for people: keys that are probably mistyped. */
  readonly warnings: readonly string[];
  /** What `bdsandbox set SANDBOX` takes to go back, as words of a shell; a secret is to be filled in. */
  readonly back: string;
}

export interface ChangedFile {
  /** Of the config: "hdfs-site". */
  readonly name: string;
  readonly path: string;
  /** Services that read it. */
  readonly readers: readonly string[];
  /** @returns undefined for a text that is no such file any more @throws FailedError for a node that is not in the plan */
  readonly edit: (node: string, text: string) => EditedFile | undefined;
}

export interface EditedFile {
  readonly text: string;
  /** Of each key; null where it is not set. */
  readonly values: readonly { readonly key: string; readonly before: string | null; readonly after: string | null }[];
}

/**
 * What is set counts as if `create` had been given it, what is taken back as if it had not. Both come out of a plan that
 * is made anew, so that files get the values, and wrong words the errors, that they would get there.
 * @param plan of the sandbox, as its nodes have it
 * @throws UsageError for a wrong setting, NotFoundError for a template that is not here, FailedError
 */
export function changeSettings(catalog: Catalog, plan: string, { set, unset }: SettingsChange): ChangedSettings {
  const old = parse(plan);
  const template = templateOf(catalog, old.options.template);
  const components = componentsOf(catalog, template);
  const namesOf = (setting: string): string[] =>
    [...parseSettings([setting], components)].flatMap(([file, keys]) =>
      [...keys.keys()].map((key) => `${file}:${key}`),
    );
  const before = old.settings.map((setting) => ({ setting, name: namesOf(setting)[0] ?? '' }));
  const added = set.map((setting) => ({ setting, name: namesOf(setting)[0] ?? '' }));
  const removed = unset.map((word) => nameOfUnset(word, before, components));
  const names = [...new Set([...added.map(({ name }) => name), ...removed])];
  const twice = added.find(({ name }) => removed.includes(name));
  if (twice) throw new UsageError(`${twice.name} is set and taken back at once`, 'say one of the two');
  const settings = [
    ...before.filter(({ name }) => !names.includes(name)).map(({ setting }) => setting),
    ...added
      .filter(({ name }, index) => added.findLastIndex((each) => each.name === name) === index)
      .map(({ setting }) => setting),
  ];
  const next = makePlan(catalog, { ...old.options, settings });
  const configs = components.flatMap(({ config }) => [...config.values()]);
  const services = components.flatMap((component) => [...component.services.values()]);

  const files = configs.flatMap(({ name, path, format }): ChangedFile[] => {
    const keys = names.flatMap((each) => (each.startsWith(`${name}:`) ? [each.slice(name.length + 1)] : []));
    // parseSettings has refused files without keys.
    if (keys.length === 0 || format === 'text') return [];
    const readers = services.filter(({ reads }) => reads.includes(name)).map((service) => service.name);
    const wanted = (node: string, key: string): string | undefined => {
      const file = next.nodes.find((each) => each.name === node)?.files.find((each) => each.path === path);
      if (!file) {
        throw new FailedError(
          `the template ${template.name} has no node ${node} any more`,
          'it was changed since: edit the file in the node, and restart what reads it',
        );
      }
      return readValue(format, file.content, key);
    };
    return [{ name, path, readers, edit: (node, text) => edited(format, text, keys, (key) => wanted(node, key)) }];
  });

  const same = makePlan(catalog, { ...old.options, settings: old.settings }).digest === old.digest;
  // Of other templates than its own a plan made anew would say what the nodes are not.
  const digest = same ? next.digest : digestOf([old.digest, settings]);
  return {
    plan: `${JSON.stringify({ ...old.content, settings, digest }, undefined, 2)}\n`,
    files,
    warnings: doubtfulKeysOf(components, set),
    back: [
      ...before.filter(({ name }) => names.includes(name)).map(({ setting }) => hiddenSetting(setting)),
      ...names.filter((name) => !before.some((each) => each.name === name)).map((name) => `--unset=${name}`),
    ]
      .map(quote)
      .join(' '),
  };
}

/** @throws NotFoundError that names the settings which say where templates are */
function templateOf(catalog: Catalog, name: string): Template {
  if (!catalog.templates.has(name)) {
    throw new NotFoundError(
      `the template ${name}, of which the sandbox was made, is not here`,
      'name its folder again: BDSANDBOX_TEMPLATES=FOLDER, or for good: bdsandbox config set templates FOLDER',
    );
  }
  return findTemplate(catalog, name);
}

function edited(
  format: KeyedFormat,
  text: string,
  keys: readonly string[],
  wanted: (key: string) => string | undefined,
): EditedFile | undefined {
  let changed: string | undefined = text;
  const values: EditedFile['values'][number][] = [];
  for (const key of keys) {
    const [before, after] = [readValue(format, text, key), wanted(key)];
    values.push({ key, before: before ?? null, after: after ?? null });
    if (before !== after && changed !== undefined) changed = withValue(format, changed, key, after);
  }
  return changed === undefined ? undefined : { text: changed, values };
}

function nameOfUnset(
  word: string,
  before: readonly { readonly name: string }[],
  components: readonly Component[],
): string {
  const [, file, key] = /^([^:=\s]+):([^=\s]+)$/.exec(word) ?? [];
  if (file === undefined || key === undefined) {
    throw new UsageError(`"${hiddenSetting(word)}" is not FILE:KEY`, 'e.g. --unset hdfs-site:dfs.replication');
  }
  const name = `${findConfig(file, word, components).name}:${key}`;
  const known = [...new Set(before.map((each) => each.name))];
  if (known.includes(name)) return name;
  const list = known.length === 0 ? 'nothing was set in this sandbox' : `set are ${known.join(', ')}`;
  throw new UsageError(`${name} is not set${didYouMean(name, known)}`, list);
}

/** What a plan is made of, out of one that is written. @throws FailedError */
function parse(text: string): {
  readonly content: object;
  readonly options: PlanOptions;
  readonly settings: readonly string[];
  readonly digest: string;
} {
  try {
    const content = JSON.parse(text);
    const { template, nodes, components, settings, restart, digest } = content;
    const versions = Object.fromEntries(
      components.map(({ name, version }: { name: string; version: string }) => [name, version]),
    );
    const strings = settings.map(String);
    return { content, options: { template, nodes: nodes.length, versions, restart }, settings: strings, digest };
  } catch (cause) {
    throw new FailedError('the plan of the sandbox is damaged', 'edit the files in the nodes, and restart services', {
      cause,
    });
  }
}
