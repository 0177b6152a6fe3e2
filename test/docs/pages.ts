import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Every page whose command lines have to hold. */
export const PAGES: readonly string[] = ['*.md', 'docs/**/*.md', 'examples/**/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .sort();

/** A piece of code in a page. */
export interface Code {
  readonly page: string;
  /** Of its beginning, from 1. */
  readonly line: number;
  readonly text: string;
}

export function readPage(page: string): string {
  return readFileSync(resolve(ROOT, page), 'utf8');
}

/** Indented or fenced, with the indentation taken away. */
export function codeBlocks(page: string, text = readPage(page)): Code[] {
  const blocks: Code[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const isFence = lines[at]?.startsWith('```');
    if (!isFence && !(lines[at]?.startsWith('    ') && (lines[at - 1] ?? '').trim() === '')) continue;
    const begin = isFence ? at + 1 : at;
    at = begin;
    while (at < lines.length && (isFence ? !lines[at]?.startsWith('```') : /^( {4}|\s*$)/.test(lines[at] ?? '')))
      at += 1;
    const block = lines.slice(begin, at).map((line) => (isFence ? line : line.slice(4)));
    blocks.push({ page, line: begin + 1, text: block.join('\n').trimEnd() });
  }
  return blocks;
}

/** `code` in sentences and tables, also when it goes on in the next line. */
export function codeSpans(page: string, text = readPage(page)): Code[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, '')).replace(/^ {4}.*$/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map((match) => ({
    page,
    line: prose.slice(0, match.index).split('\n').length,
    text: (match[1] ?? '').replace(/\s*\n\s*/g, ' '),
  }));
}
