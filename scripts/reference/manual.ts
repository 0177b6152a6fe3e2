// What the reference says of each command, for whoever renders it: data from the manifest, and from the two pages of
// docs/reference that are kept by hand and held to the code by tests.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GROUPS } from '../../src/ui/groups.ts';

/** The parts of oclif.manifest.json that are read here. */
export interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

interface ManifestCommand {
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly description?: string;
  readonly usage?: string | readonly string[];
  readonly examples?: readonly unknown[];
  readonly strict?: boolean;
  readonly args: Readonly<Record<string, ManifestArgument>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}

interface ManifestArgument {
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly default?: unknown;
}

interface ManifestFlag extends ManifestArgument {
  readonly type: string;
  readonly char?: string;
  readonly summary?: string;
  readonly env?: string;
  readonly multiple?: boolean;
  readonly allowNo?: boolean;
  readonly hidden?: boolean;
  readonly helpGroup?: string;
}

export interface Entry {
  /** "--nodes VALUE", "TEMPLATE" */
  readonly term: string;
  readonly text: string;
  /** "default: auto", "BDSANDBOX_TTL": what follows the text. */
  readonly notes: readonly string[];
}

export interface CommandPage {
  /** "snapshots ls" */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly args: readonly Entry[];
  readonly flags: readonly Entry[];
  readonly examples: readonly string[];
  /** What its exit code means beyond the table for all; Markdown. */
  readonly exits: readonly string[];
}

export interface Manual {
  readonly groups: readonly { readonly title: string; readonly commands: readonly CommandPage[] }[];
  /** Of every command. */
  readonly globalFlags: readonly Entry[];
  readonly exitCodes: readonly { readonly code: string; readonly meaning: string }[];
  readonly variables: readonly { readonly name: string; readonly text: string }[];
}

/** A setting that a flag goes over, from the table of docs/reference/config.md. */
interface Setting {
  readonly variable: string;
  readonly flag: string;
  readonly commands: readonly string[];
}

export async function readManual(root: string, manifest: Manifest): Promise<Manual> {
  const page = (name: string): Promise<string> => readFile(join(root, 'docs/reference', `${name}.md`), 'utf8');
  const [config, exitCodes] = await Promise.all([page('config'), page('exit-codes')]);
  const settings = tableOf(config, 'Keys').map(toSetting);
  const exits = exitsOf(exitCodes);
  const shown = Object.entries(manifest.commands).filter(([, { hidden }]) => hidden !== true);
  const pages = shown.map(([id, command]) => commandPage(id.replaceAll(':', ' '), command, settings, exits));
  const [first] = shown;
  return {
    groups: inGroups(pages),
    globalFlags: first === undefined ? [] : flagsOf(first[1], true).map((flag) => flagEntry(flag, '', [])),
    exitCodes: tableOf(exitCodes, undefined).map(([code = '', , meaning = '']) => ({ code, meaning })),
    variables: [
      ...tableOf(config, 'Keys').map(([, name = '', , , text = '']) => ({ name, text })),
      ...tableOf(config, 'Other variables').map(([name = '', text = '']) => ({ name, text })),
    ],
  };
}

function commandPage(
  name: string,
  command: ManifestCommand,
  settings: readonly Setting[],
  exits: readonly string[],
): CommandPage {
  return {
    name,
    summary: command.summary ?? '',
    description: command.description ?? '',
    usage: `bdsandbox ${usageOf(name, command)}`,
    args: Object.entries(command.args).map(([argument, about]) => ({
      term: argument.toUpperCase(),
      text: about.description ?? '',
      notes: notesOf(about),
    })),
    flags: flagsOf(command, false).map((flag) => flagEntry(flag, name, settings)),
    examples: (command.examples ?? []).map((example) => String(example).replaceAll('<%= config.bin %>', 'bdsandbox')),
    exits: exits.filter((note) => isAbout(note, name)),
  };
}

/** A command's own line where its words are more than arguments; flags are told below it. */
function usageOf(name: string, { usage, args, strict }: ManifestCommand): string {
  if (usage !== undefined) return typeof usage === 'string' ? usage : usage.join('\n');
  const words = Object.entries(args).map(([argument, { required }], index, all) => {
    const word = `${argument.toUpperCase()}${strict === false && index === all.length - 1 ? '...' : ''}`;
    return required === true ? word : `[${word}]`;
  });
  return [name, ...words, '[FLAGS]'].join(' ');
}

type NamedFlag = readonly [name: string, flag: ManifestFlag];

function flagsOf({ flags }: ManifestCommand, isGlobal: boolean): NamedFlag[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true && (flag.helpGroup === 'GLOBAL') === isGlobal)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

function flagEntry([name, flag]: NamedFlag, command: string, settings: readonly Setting[]): Entry {
  const long = `--${flag.allowNo === true ? '[no-]' : ''}${name}`;
  const value = flag.type === 'boolean' ? '' : ` ${flag.options?.join('|') ?? 'VALUE'}`;
  const variable =
    flag.env ?? settings.find((each) => each.flag === `--${name}` && each.commands.includes(command))?.variable;
  return {
    term: `${flag.char === undefined ? '' : `-${flag.char}, `}${long}${value}`,
    text: flag.summary ?? flag.description ?? '',
    notes: [
      ...(flag.multiple === true ? ['may be given several times'] : []),
      ...(flag.type === 'option' ? notesOf({ default: flag.default }) : []),
      ...(variable === undefined ? [] : [`variable: ${variable}`]),
    ],
  };
}

function notesOf({ options, default: value }: ManifestArgument): string[] {
  const text = [value ?? ''].flat().join(' ');
  return [
    ...(options === undefined ? [] : [`one of ${options.join(', ')}`]),
    ...(text === '' ? [] : [`default: ${text}`]),
  ];
}

/** As on the first help page; commands of a topic stand where the topic does. */
function inGroups(pages: readonly CommandPage[]): Manual['groups'] {
  const wordOf = ({ name }: CommandPage): string => name.split(' ')[0] ?? name;
  const grouped = new Set(GROUPS.flatMap(([, words]) => words));
  const other = [...new Set(pages.map(wordOf))].filter((word) => !grouped.has(word));
  return [...GROUPS, ['Other', other] as const]
    .map(([title, words]) => ({
      title,
      commands: words.flatMap((word) => pages.filter((page) => wordOf(page) === word)),
    }))
    .filter(({ commands }) => commands.length > 0);
}

/** What the page of exit codes says of a command: its notes, and its examples with the code of their row. */
function exitsOf(page: string): readonly string[] {
  const examples = tableOf(page, 'An example of each').flatMap(([code = '', exit = '', cell = '']) =>
    cell.split('; ').map((example) => `${exit} (${code}): ${example}`),
  );
  return [...bulletsOf(page, 'Notes'), ...examples];
}

/** Whether it names the command, or its topic: `service start|restart`, `create --keep`, `service`. */
function isAbout(note: string, command: string): boolean {
  return [...note.matchAll(/`([^`]+)`/g)]
    .flatMap(([, span = '']) => alternativesOf(span))
    .some((span) => `${span} `.startsWith(`${command} `) || command.startsWith(`${span} `));
}

function alternativesOf(span: string): string[] {
  const [word = '', next = '', ...rest] = span.split(' ');
  return next.split('|').map((each) => [word, each, ...rest].join(' ').trim());
}

function toSetting([, variable = '', flags = '']: readonly string[]): Setting {
  const [flag = '', ...commands] = [...flags.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
  return { variable: variable.replaceAll('`', ''), flag, commands };
}

/** The rows of the first table under a heading, or at the top of the page. */
function tableOf(page: string, heading: string | undefined): string[][] {
  const lines = sectionOf(page, heading).split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end === -1 ? rows.length : end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

function bulletsOf(page: string, heading: string): string[] {
  return sectionOf(page, heading)
    .split(/^- /m)
    .slice(1)
    .map((bullet) => bullet.trim().replaceAll(/\s+/g, ' '));
}

/** @throws Error where a page has no such heading any more */
function sectionOf(page: string, heading: string | undefined): string {
  const sections = page.split(/^## /m);
  const section = heading === undefined ? sections[0] : sections.find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/reference has no section "${heading}" any more`);
  return section;
}
