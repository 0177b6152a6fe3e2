import { ConflictError, UsageError } from '../errors/index.js';

const PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** @throws UsageError before anything is touched */
export function checkSandboxName(name: string): void {
  if (PATTERN.test(name)) return;
  throw new UsageError(
    `"${name}" is not a name for a sandbox`,
    'use 1 to 40 of a-z, 0-9 and -, and begin with a letter or digit',
  );
}

/** The template's name, then -2, -3, ...: the first that is not taken. */
export function firstFreeName(template: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const suffix = n === 1 ? '' : `-${n}`;
    const name = `${template.slice(0, 40 - suffix.length)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/** The name was lost to another sandbox. */
export class NameTaken extends ConflictError {}

export function nameTaken(name: string): ConflictError {
  return new NameTaken(
    `there is a sandbox ${name} already`,
    `choose another name, or remove it: bdsandbox destroy ${name}`,
  );
}
