import { isMap } from 'yaml';
import { UsageError } from '../errors/index.js';
import type { ConfigKey } from './keys.js';
import { PACKAGE_KEY } from './locate.js';
import { isPackageFile, parseConfigText } from './read-file.js';
import { checkShape } from './schema.js';

type Value = string | readonly string[];

/**
 * The text of a config file with one setting set, or taken out (undefined).
 * @throws UsageError with the line of what else is wrong in the file: that is not ours to write over
 */
export function editText(path: string, text: string, key: ConfigKey, value: Value | undefined): string {
  const file = parseConfigText(path, text);
  const keys = key.split('.');
  // What is wrong with the setting itself is being mended right now.
  checkShape({ ...file, content: without(file.content, keys) });
  const edited = isJson(path, text) ? editJson(path, text, keys, value) : editYaml(file, text, keys, value);
  checkShape(parseConfigText(path, edited));
  return edited;
}

/** Of `.bdsandboxrc` only its text tells. */
function isJson(path: string, text: string): boolean {
  return path.endsWith('.json') || text.trimStart().startsWith('{');
}

function editYaml(
  { document }: ReturnType<typeof parseConfigText>,
  text: string,
  keys: readonly string[],
  value: Value | undefined,
): string {
  if (value !== undefined) {
    if (isSame(document.getIn(keys), value)) return text;
    document.setIn(keys, typeof value === 'string' ? value : document.createNode(value));
  } else {
    if (!document.hasIn(keys)) return text;
    document.deleteIn(keys);
    const parent = keys.slice(0, -1);
    const map: unknown = parent.length === 0 ? undefined : document.getIn(parent);
    if (isMap(map) && map.items.length === 0) document.deleteIn(parent);
  }
  if (!isMap(document.contents) || document.contents.items.length > 0) return document.toString({ lineWidth: 0 });
  // Else an empty map would be written as {}.
  const comment = document.contents.commentBefore ?? document.contents.comment;
  document.contents = null;
  const rest = document.toString({ lineWidth: 0 }).replace(/(^|\n)null\n?$/, '$1');
  return `${comment ? `#${comment.replaceAll('\n', '\n#')}\n` : ''}${rest}`;
}

function isSame(now: unknown, value: Value): boolean {
  return typeof value === 'string' && now === value;
}

function editJson(path: string, text: string, keys: readonly string[], value: Value | undefined): string {
  const whole = plainJson(path, text);
  const full = isPackageFile(path) ? [PACKAGE_KEY, ...keys] : keys;
  const changed = value === undefined ? without(whole, full) : withValue(whole, full, value);
  if (JSON.stringify(changed) === JSON.stringify(whole)) return text;
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? 2;
  return `${JSON.stringify(changed, null, indent)}\n`;
}

/** YAML reads more than what a JSON file may hold, such as comments, and those would be lost. */
function plainJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.trim() === '' ? '{}' : text);
  } catch (cause) {
    throw new UsageError(`${path}: not plain JSON (${Object(cause).message})`, 'edit it by hand', { cause });
  }
}

function withValue(node: unknown, keys: readonly string[], value: Value): unknown {
  const [first = '', ...rest] = keys;
  const map: Record<string, unknown> = { ...Object(node) };
  map[first] = rest.length === 0 ? value : withValue(map[first], rest, value);
  return map;
}

/** Also without the maps that have nothing else in them. */
function without(node: unknown, keys: readonly string[]): unknown {
  const [first = '', ...rest] = keys;
  if (typeof node !== 'object' || node === null || Array.isArray(node) || !(first in node)) return node;
  const { [first]: old, ...others } = node as Record<string, unknown>;
  const left = rest.length === 0 ? undefined : without(old, rest);
  const isEmpty = left === undefined || (left !== old && Object.keys(Object(left)).length === 0);
  return isEmpty ? others : { ...(node as Record<string, unknown>), [first]: left };
}
