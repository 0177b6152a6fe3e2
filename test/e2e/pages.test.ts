import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { reasonOf } from '../docs/not-run.ts';
import { codeBlocks, readPage } from '../docs/pages.ts';
import { SCENES } from '../docs/scenes.ts';
import { blockLines } from '../docs/shell.ts';
import { bds, json, OWNER, ok, traces } from './cli.js';

/** Pages as a reader follows them: every line of every block, as it stands there, one after the other. */

const CTRL_C = '\x03';
/** What a reader types into a line that waits for it, on a terminal; and how it ends then. */
const TYPED: Readonly<Record<string, { readonly keys: string; readonly afterMs?: number; readonly code?: number }>> = {
  'bdsandbox exec demo -- hbase shell': { keys: 'exit\n' },
  'bdsandbox shell demo/worker2': { keys: 'exit\n' },
  'bdsandbox destroy demo': { keys: 'demo\n' },
  'bdsandbox logs demo -f': { keys: CTRL_C, afterMs: 3000, code: 130 },
  'bdsandbox logs demo/master1/namenode -f': { keys: CTRL_C, afterMs: 3000, code: 130 },
  'bdsandbox events demo -f': { keys: CTRL_C, afterMs: 3000, code: 130 },
  'bdsandbox status demo --watch': { keys: 'q', afterMs: 3000 },
  'bdsandbox status demo -w --interval 10s': { keys: 'q', afterMs: 3000 },
};
/** What a page takes for granted. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  'docs/how-to/look.md': ['create', 'hadoop-hbase', 'demo', '--quiet'],
};

const environment = {
  PATH: `${path.dirname(inject('program'))}:${process.env['PATH']}`,
  BDSANDBOX_OWNER: OWNER,
  // As users have it.
  BDSANDBOX_GOLDEN: 'auto',
  // No browser opens.
  DISPLAY: '',
  WAYLAND_DISPLAY: '',
};
let before: Awaited<ReturnType<typeof traces>>;
let folder: string;

beforeAll(async () => {
  before = await traces();
  folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-pages-'));
});

afterEach(async () => {
  await ok(['destroy', '--all', '--force']);
  const { snapshots } = await json<{ snapshots: { name: string }[] }>(['snapshots', 'ls']);
  for (const { name } of snapshots) await ok(['snapshots', 'rm', name, '--force']);
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await rm(folder, { recursive: true });
  // What was saved for the next create of these, which nobody makes again.
  const { snapshots } = await json<{ snapshots: { name: string; owner: string }[] }>(['snapshots', 'ls', '-a']);
  for (const { name } of snapshots.filter(({ owner }) => owner === OWNER))
    await ok(['snapshots', 'rm', name, '--force']);
  const { images } = await json<{ images: { reference: string }[] }>(['images', 'ls']);
  const own = images.map(({ reference }) => reference).filter((reference) => reference.includes('canary:'));
  if (own.length > 0) await ok(['images', 'rm', ...own]);
  expect(await traces()).toEqual(before);
});

test.each(SCENES)('%s', async (page) => {
  const setUp = BEFORE[page];
  if (setUp) await ok(setUp, { environment });
  const place = path.join(folder, 'place');
  await writeFile(place, folder);
  const files = filesOf(page);
  for (const { line, text } of blockLines(page)) {
    const cwd = await readFile(place, 'utf8');
    // Files that stand above the line.
    for (const file of files.splice(0, files.findLastIndex((each) => each.line < line) + 1)) {
      await mkdir(path.dirname(path.join(cwd, file.path)), { recursive: true });
      await writeFile(path.join(cwd, file.path), file.text);
    }
    if (reasonOf(page, text) !== undefined) continue;
    const { code, output } = await run(text, cwd, place);
    expect(code, `${page}:${line}: ${text}\n${output}`).toBe(TYPED[text]?.code ?? 0);
  }
});

/** Blocks below a line that ends in the file's path and a colon. */
function filesOf(page: string): { readonly path: string; readonly line: number; readonly text: string }[] {
  const lines = readPage(page).split('\n');
  return codeBlocks(page).flatMap(({ line, text }) => {
    const [, file] = /`((?:clusters|components)\/[^`]+)`[^`]*:$/.exec(lines[line - 3] ?? '') ?? [];
    return file === undefined ? [] : [{ path: file, line, text: `${text}\n` }];
  });
}

/** In bash, which tells where a `cd` has led. */
async function run(line: string, cwd: string, place: string): Promise<{ code: number | undefined; output: string }> {
  const typed = TYPED[line];
  const script = `${line}\ncode=$?; echo -n "$PWD" > '${place}'; exit $code`;
  const options = { cwd, env: { ...environment, SCRIPT: script }, reject: false, all: true, timeout: 300_000 } as const;
  if (!typed) {
    const { exitCode, all } = await execa('bash', ['-c', script], { ...options, stdin: 'ignore' });
    return { code: exitCode, output: all };
  }
  const child = execa('script', ['-qec', 'bash -c "$SCRIPT"', '/dev/null'], options);
  await sleep(typed.afterMs ?? 500);
  child.stdin.write(typed.keys);
  const { exitCode, all } = await child;
  return { code: exitCode, output: all };
}
