import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGES = ['*.md', 'docs/**/*.md', 'examples/**/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .sort();

/** What a page's relative links lead to that is not there, as "line: link". */
function brokenLinks(page: string, text = readFileSync(page, 'utf8')): string[] {
  return linksOf(text).flatMap(({ line, link }) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : resolve(dirname(page), decodeURI(path));
    if (!existsSync(target)) return [`${line}: ${link}: no such file`];
    if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith('.md')) return [];
    const anchors = anchorsOf(target === page ? text : readFileSync(target, 'utf8'));
    return anchors.has(anchor) ? [] : [`${line}: ${link}: no such heading`];
  });
}

/** Of links and pictures; code is no link. */
function linksOf(text: string): { readonly line: number; readonly link: string }[] {
  const found: { line: number; link: string }[] = [];
  const prose = withoutCode(text);
  for (const match of prose.matchAll(/\]\(([^)\s]+)\)|<img[^>]* src="([^"]+)"/g)) {
    const link = match[1] ?? match[2] ?? '';
    if (!/^[a-z]+:/.test(link)) found.push({ line: prose.slice(0, match.index).split('\n').length, link });
  }
  return found;
}

function withoutCode(text: string): string {
  return text
    .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ''))
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`\n]*`/g, '');
}

/** As GitHub makes them: small letters, no punctuation, dashes for spaces, -1 for the second of a name. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const base = plain
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

it.each(PAGES)('%s has no broken link', (page) => {
  expect(brokenLinks(resolve(ROOT, page))).toEqual([]);
});

it('docs/README.md leads to every page', () => {
  const index = resolve(ROOT, 'docs/README.md');
  const linked = new Set(
    linksOf(readFileSync(index, 'utf8')).map(({ link }) => relative(ROOT, resolve(dirname(index), link))),
  );
  expect(PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !linked.has(page))).toEqual(
    [],
  );
});

describe('a broken link', () => {
  const page = resolve(ROOT, 'README.md');
  it.each([
    ['[a](docs/none.md)', ['1: docs/none.md: no such file']],
    ['text\n\n<img src="docs/none.svg">', ['3: docs/none.svg: no such file']],
    ['[a](docs/README.md#nothing)', ['1: docs/README.md#nothing: no such heading']],
    ['## Two words\n[a](#two-words) [b](#three)', ['2: #three: no such heading']],
    ['## Same\n## Same\n[a](#same-1)', []],
    ['`[a](none.md)`\n\n    [b](none.md)\n', []],
    ['[a](https://example.com/none)', []],
  ])('%j', (text, broken) => {
    expect(brokenLinks(page, text)).toEqual(broken);
  });
});
