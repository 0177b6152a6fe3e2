import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { COMMAND_IDS, loadCommand } from '../unit/commands.js';
import { split } from './check.ts';
import { reasonOf } from './not-run.ts';
import { ROOT } from './pages.ts';
import { SCENES } from './scenes.ts';
import { blockLines, linesOf } from './shell.ts';

/** What a run of a command is known by: what it is given, but for names and values that a test has chosen. */
interface Shape {
  readonly id: string;
  /** Long names; with the value where there is a choice of few. */
  readonly flags: ReadonlySet<string>;
  /** Undefined where any number may stand. */
  readonly count: number | undefined;
  /** The program that it runs. */
  readonly program: string | undefined;
}

/** In place of what a test computes. */
const ANYTHING = 'ANYTHING';
const SOURCES = ['test/e2e/*.ts', 'examples/qa/*.sh', 'test/unit/{schemas,commands}/*.ts'];
/** What is the same without an engine may run in a unit test. */
const WITHOUT_ENGINE = /^(templates|components|config|schema|completion)\b/;

/** What pages.test.ts runs line by line. */
const inScenes = SCENES.flatMap((page) => blockLines(page))
  .filter(({ page, text }) => reasonOf(page, text) === undefined)
  .flatMap(({ commands }) => commands.map(({ words }) => shapeOf(words)));

const shapes: readonly Shape[] = [
  ...(await Promise.all(inScenes)),
  ...(await Promise.all(
    SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).map(async (file) => {
      const text = readFileSync(resolve(ROOT, file), 'utf8');
      const words = file.endsWith('.ts') ? wordsInTest(text) : wordsInScript(text);
      const found = (await Promise.all(words.map(shapeOf))).flat();
      return file.startsWith('test/unit/') ? found.filter(({ id }) => WITHOUT_ENGINE.test(id)) : found;
    }),
  )),
].flat();

/** Whether an end-to-end test runs that command with these flags, and at least these. */
export async function isRunByTest(words: readonly string[]): Promise<boolean> {
  const wanted = (await shapeOf(words))[0];
  return wanted !== undefined && shapes.some((shape) => covers(shape, wanted));
}

function covers(shape: Shape, wanted: Shape): boolean {
  return (
    shape.id === wanted.id &&
    [...wanted.flags].every((flag) => shape.flags.has(flag) || shape.flags.has(flag.replace(/=.*/, `=${ANYTHING}`))) &&
    (shape.count === undefined || wanted.count === undefined || shape.count === wanted.count) &&
    (wanted.program === undefined || shape.program === wanted.program)
  );
}

async function shapeOf(words: readonly string[]): Promise<Shape[]> {
  const line = split(words);
  if (!line) return [];
  const Command = await loadCommand(line.id);
  const flags = new Set<string>();
  let count = 0;
  const known: Record<string, { type: string; char?: string; options?: string[] }> = {
    ...Command.baseFlags,
    ...Command.flags,
  };
  for (let at = 0; at < line.own.length; at += 1) {
    const word = line.own[at] ?? '';
    if (!/^--?[a-z]/i.test(word)) {
      count += 1;
      continue;
    }
    const [, dashes = '', text = '', , inline] = /^(--?)([^=]+)(=(.*))?$/s.exec(word) ?? [];
    const name = dashes === '--' ? text : (Object.keys(known).find((each) => known[each]?.char === text) ?? text);
    // A test that reads JSON adds it by itself.
    if (name === 'json') continue;
    const flag = known[name];
    const value = flag?.type === 'option' ? (inline ?? line.own[++at]) : undefined;
    flags.add(flag?.options ? `${name}=${value}` : name);
  }
  const isOpen = Command.strict === false || line.own.includes(`...${ANYTHING}`);
  return [{ id: line.id, flags, count: isOpen ? undefined : count, program: line.behind[0] }];
}

/** Every array and call whose words begin as a command of ours does; and command lines in texts, which go to a shell. */
function wordsInTest(text: string): (readonly string[])[] {
  const found: (readonly string[])[] = [];
  visit(parseAst(text, { lang: 'ts' }));
  return found;

  function visit(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    const { type, elements, arguments: given } = node as { type?: string; elements?: unknown[]; arguments?: unknown[] };
    const listed = elements ?? given;
    if (listed) {
      const words = listed.map(wordOf);
      if (COMMAND_IDS.some((id) => `${words.join(':')}:`.startsWith(`${id}:`))) found.push(['bdsandbox', ...words]);
    }
    const inText = type === 'Literal' || type === 'TemplateLiteral' ? wordOf(node) : '';
    if (/\bbdsandbox [a-z]/.test(inText)) found.push(...wordsInScript(inText));
    for (const below of Object.values(node)) visit(below);
  }
}

function wordOf(node: unknown): string {
  // A hole in an array is null.
  const {
    type,
    value,
    quasis = [],
  } = (node ?? {}) as { type?: string; value?: unknown; quasis?: { value: { raw: string } }[] };
  if (type === 'Literal') return String(value);
  if (type === 'TemplateLiteral') return quasis.map((each) => each.value.raw).join(ANYTHING);
  return type === 'SpreadElement' ? `...${ANYTHING}` : ANYTHING;
}

function wordsInScript(text: string): (readonly string[])[] {
  try {
    return linesOf({ page: '', line: 1, text }).flatMap(({ commands }) => commands.map(({ words }) => words));
  } catch {
    // No shell's.
    return [];
  }
}
