import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './pages.ts';

export const LIST = 'test/docs/not-run.yaml';

/** By page: lines that no test runs, each with the reason. */
export const NOT_RUN: Readonly<Record<string, Readonly<Record<string, string>>>> = parse(
  readFileSync(resolve(ROOT, LIST), 'utf8'),
);

export function reasonOf(page: string, line: string): string | undefined {
  return NOT_RUN[page]?.[firstLine(line)];
}

export function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
