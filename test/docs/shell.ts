import { type Command, forEachChild, parse, type SyntaxNode } from 'unbash';
import { type Code, codeBlocks, codeSpans } from './pages.ts';

/** What a reader may paste: a line, and those below it that belong to it. */
export interface CommandLine extends Code {
  /** All programs it calls, also those inside of $(...) and <(...). */
  readonly commands: readonly Invocation[];
}

export interface Invocation {
  /** Quotes are gone. The first is the program. */
  readonly words: readonly string[];
  /** Variables that are set for it. */
  readonly variables: readonly string[];
}

/** What stands first in a block that is for a shell; files, outputs and other languages begin otherwise. */
const PROGRAMS =
  /^(?:[A-Z_]+=\S+ )?(?:\.\/|apt-get|bdsandbox|chmod|curl|docker|echo|eval|export|for|git|jq|kill|mkdir|mvn|node|npm|npx|source|ssh|sudo|tar|while)\b/;
const CRON = /^\*\/\d+( \*){4} +/;

export function blockLines(page: string, text?: string): CommandLine[] {
  return codeBlocks(page, text).flatMap((block) => {
    const text = withoutPrompts(block.text);
    const isShell = PROGRAMS.test(text) || /^(npx )?bdsandbox /m.test(text);
    return isShell ? linesOf({ ...block, text }) : [];
  });
}

/** Command lines of ours in sentences and tables. */
export function spanLines(page: string, text?: string): CommandLine[] {
  return codeSpans(page, text)
    .filter((span) => /^(npx )?bdsandbox /.test(span.text))
    .flatMap(linesOf);
}

/** @throws Error for what no shell takes */
export function linesOf({ page, line, text }: Code): CommandLine[] {
  const script = parse(text);
  const [error] = script.errors ?? [];
  if (error) throw new Error(`${page}:${line}: no shell takes this: ${error.message}\n${text}`);
  const lineOf = (offset: number): number => line + text.slice(0, offset).split('\n').length - 1;
  return [...Map.groupBy(script.commands, ({ pos }) => lineOf(pos))].map(([first, statements]) => ({
    page,
    line: first,
    text: withHereDocs(text, statements[0]?.pos ?? 0, statements.at(-1)?.end ?? 0),
    commands: statements.flatMap(commandsIn),
  }));
}

/** A line ends where its here-document does. */
function withHereDocs(text: string, from: number, to: number): string {
  const statement = text.slice(from, to);
  const [, end] = /<<-?'?(\w+)'?/.exec(statement) ?? [];
  if (end === undefined || statement.includes(`\n${end}`)) return statement;
  return text.slice(from, text.indexOf(`\n${end}`, to) + end.length + 1);
}

function commandsIn(node: SyntaxNode): Invocation[] {
  const own = node.type === 'Command' && node.name ? [invocation(node)] : [];
  const below: Invocation[] = [];
  forEachChild(node, (child) => below.push(...commandsIn(child)));
  return [...own, ...below];
}

function invocation({ name, args, prefix }: Command): Invocation {
  const words = [name?.value ?? '', ...args.map((word) => (word.type === 'Word' ? word.value : word.text))];
  return {
    words: behindAnother(words),
    variables: prefix.flatMap((each) => (each.type === 'Assignment' ? [each.name] : [])),
  };
}

function behindAnother(words: readonly string[]): readonly string[] {
  if (words[0] === 'npx') return words.slice(1);
  // What it hands over comes from its input.
  return words[0] === 'xargs' ? [...words.slice(1), 'INPUT'] : words;
}

/** Of a block that shows what it prints, only what is typed; of a crontab, only the commands. Lines keep their numbers. */
function withoutPrompts(text: string): string {
  const lines = text.split('\n');
  const typed = lines[0]?.startsWith('$ ') ? lines.map((line) => (line.startsWith('$ ') ? line.slice(2) : '')) : lines;
  return typed.map((line) => line.replace(CRON, '')).join('\n');
}
