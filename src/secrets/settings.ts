import { isHarmless, isSecretName, MARK } from './names.js';
import { Redactor } from './redact.js';

/** FILE:KEY=VALUE, as `--set` takes it. */
const SETTING = /^([^:=\s]+:([^=\s]+)=)(.*)$/s;

/** "core-site:a.password=<redacted>"; whatever is no setting as it may be seen. */
export function hiddenSetting(text: string): string {
  const [, before, key, value] = SETTING.exec(text) ?? [];
  return before === undefined ? hiddenText(text) : before + hiddenValue(key ?? '', value ?? '');
}

/** What may be seen of the value of a key. */
export function hiddenValue(key: string, value: string): string {
  return isSecretName(key) && !isHarmless(key, value) ? MARK : hiddenText(value);
}

/**
 * The same data, with the secrets in its strings replaced: for what is told of a sandbox, and travels with its snapshots.
 * What a node needs is in its own files.
 */
export function withoutSecrets<T>(data: T): T {
  return hidden('', data) as T;
}

function hidden(key: string, part: unknown): unknown {
  if (typeof part === 'string') return isSecretName(key) ? hiddenValue(key, part) : hiddenSetting(part);
  if (Array.isArray(part)) return part.map((each) => hidden(key, each));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, hidden(name, each)]));
}

/** A URL with a password in it, a command line. */
function hiddenText(text: string): string {
  return new Redactor('log').redact(text);
}
