import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { split, wrongIn } from '../../docs/check.ts';
import { firstLine, LIST, NOT_RUN, reasonOf } from '../../docs/not-run.ts';
import { PAGES, ROOT, readPage } from '../../docs/pages.ts';
import { isRunByTest } from '../../docs/runs.ts';
import { SCENES } from '../../docs/scenes.ts';
import { blockLines, type CommandLine, linesOf, spanLines } from '../../docs/shell.ts';
import { COMMAND_IDS } from '../commands.js';

/** Decisions speak of their day; the reference is made from the commands, whose examples have a test of their own. */
const HELD = PAGES.filter((page) => !page.startsWith('docs/decisions/') && page !== 'docs/reference/commands.md');
/** What only contributors run, CI runs. */
const FOR_USERS = HELD.filter((page) => page !== 'CONTRIBUTING.md');

test.each(HELD)('%s: every command line is one that the program takes', async (page) => {
  const inBlocks = blockLines(page).map((line) => wrongLine(line, false));
  const inSentences = spanLines(page).map((line) => wrongLine(line, true));
  expect((await Promise.all([...inBlocks, ...inSentences])).flat()).toEqual([]);
});

test.each(FOR_USERS)('%s: every command line runs in a test, or is listed with the reason why not', async (page) => {
  const lines = [...blockLines(page), ...spanLines(page).filter(isMoreThanAName)];
  const left = await Promise.all(lines.map(async (line) => ((await isHeld(line)) ? [] : [line])));
  const told = left.flat().map(({ line, text }) => `${page}:${line}: ${firstLine(text)}`);
  const todo = `Let a test in test/e2e run it (the same command with these flags), or add it to ${LIST} with the reason.`;
  expect(told, told.length === 0 ? '' : `No test runs these lines. ${todo}\n  ${told.join('\n  ')}\n`).toEqual([]);
});

test(`${LIST} names lines that are there, and gives reasons`, () => {
  const stale = Object.entries(NOT_RUN).flatMap(([page, listed]) => {
    if (!existsSync(resolve(ROOT, page))) return [`${page}: there is no such page`];
    const there = new Set([...blockLines(page), ...spanLines(page)].map(({ text }) => firstLine(text)));
    return Object.entries(listed).flatMap(([line, reason]) => {
      if (!there.has(line)) return [`${page}: ${line}: the page has no such line any more; take it off the list`];
      const [file = ''] = /^test\/\S+\.ts/.exec(reason) ?? [];
      return reason.length < 10 || !existsSync(resolve(ROOT, file)) ? [`${page}: ${line}: no reason`] : [];
    });
  });
  expect(stale).toEqual([]);
});

test("the README's table has every command, and nothing else", () => {
  const [, table = ''] = /\n## Commands\n([\s\S]*?)\n## /.exec(readPage('README.md')) ?? [];
  const named = [...table.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, cell = '']) => {
    let topic = '';
    return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, text = '']) => {
      const [first = '', second = ''] = text.split(' ');
      const id = [`${topic}:${first}`, `${first}:${second}`, first].find((each) => COMMAND_IDS.includes(each));
      if (id === undefined) return /^(bash|zsh|fish)$/.test(first) ? [] : [text];
      topic = id.includes(':') ? (id.split(':')[0] ?? '') : '';
      return [id];
    });
  });
  expect([...new Set(named)].sort()).toEqual(COMMAND_IDS);
});

describe('a line that is wrong', () => {
  test.each([
    ['bdsandbox creat hadoop-hbase', 'there is no command "creat hadoop-hbase"'],
    ['bdsandbox create', 'Missing 1 required arg'],
    ['bdsandbox create hadop-hbase', 'there is no template "hadop-hbase"'],
    ['bdsandbox create hadoop-hbase --node 1', 'Nonexistent flag: --node'],
    ['bdsandbox create hadoop-hbase --ttl 8', '"8" is no time to live'],
    ['bdsandbox create hadoop-hbase --set hdfs:dfs.replication=2', 'there is no config file "hdfs"'],
    ['bdsandbox create hadoop-hbase --publish namenode.www', 'namenode has no port "www"'],
    ['bdsandbox exec demo/worker9 -- jps', 'there is no node "worker9"'],
    ['bdsandbox wait demo --for service=namenod', 'there is no service "namenod"'],
    ['bdsandbox snapshots show bug master1/jvm/x.txt', 'the evidence has no master1/jvm/x.txt'],
    ['bdsandbox components show hive', 'there is no component "hive"'],
    ['bdsandbox config get regstry', 'there is no setting "regstry"'],
    ['echo "$(bdsandbox evn demo)"', 'there is no command "evn demo"'],
    ['npm run quickstrat', 'package.json has no script quickstrat'],
  ])('%s', async (text, message) => {
    const [line] = linesOf({ page: 'a page', line: 1, text });
    expect((line ? await wrongLine(line, false) : []).join('\n')).toContain(message);
  });

  test('is found in blocks, behind prompts and in crontabs, and not in files that are shown', () => {
    const page =
      'Text:\n\n    $ bdsandbox ls\n    NAME\n\nmore `bdsandbox ps` \n\n    */5 * * * *  bdsandbox prune\n\n- a\n\n    name: x\n';
    expect(blockLines('a page', page).map(({ line, text }) => `${line} ${text}`)).toEqual([
      '3 bdsandbox ls',
      '8 bdsandbox prune',
    ]);
    expect(spanLines('a page', page).map(({ text }) => text)).toEqual(['bdsandbox ps']);
  });
});

async function wrongLine({ page, line, text, commands }: CommandLine, isMention: boolean): Promise<string[]> {
  const found = await Promise.all(commands.map((command) => wrongIn(command, isMention)));
  return found.flat().map((what) => `${page}:${line}: ${firstLine(text)}: ${what}`);
}

async function isHeld(line: CommandLine): Promise<boolean> {
  if (reasonOf(line.page, line.text) !== undefined || SCENES.includes(line.page)) return true;
  const ours = line.commands.filter(({ words }) => words[0] === 'bdsandbox');
  const held = await Promise.all(ours.map(({ words }) => isRunByTest(words)));
  return ours.length > 0 && held.every((each) => each);
}

/** `bdsandbox doctor` in a sentence is a name. */
function isMoreThanAName({ commands }: CommandLine): boolean {
  const words = split(commands[0]?.words ?? []);
  return words !== undefined && words.own.length + words.behind.length > 0;
}
