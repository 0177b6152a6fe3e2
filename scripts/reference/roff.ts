// The manual page in the macros of man(7), which every formatter knows. One page for all commands: npm links only pages
// that package.json names one by one.
import type { CommandPage, Entry, Manual } from './manual.ts';

interface Program {
  readonly version: string;
  readonly description: string;
}

export function toManPage(manual: Manual, { version, description }: Program): string {
  const { groups, globalFlags, exitCodes, variables } = manual;
  const sections = [
    // No words broken at line ends: names of variables would be.
    `.TH BDSANDBOX 1 "" "bdsandbox ${version}" "bdsandbox"\n.nh`,
    section('NAME', `bdsandbox \\- ${verbatim(description)}`),
    section('SYNOPSIS', '.B bdsandbox', 'COMMAND [ARGUMENTS] [FLAGS]'),
    ...groups.map(({ title, commands }) => section(title.toUpperCase(), ...commands.flatMap(commandLines))),
    section('FLAGS OF EVERY COMMAND', ...globalFlags.map(entry)),
    section('EXIT STATUS', ...exitCodes.map(({ code, meaning }) => tagged(code, meaning))),
    section('ENVIRONMENT', ...variables.map(({ name, text }) => tagged(name.replaceAll('`', ''), text))),
    section(
      'FILES',
      tagged('.bdsandboxrc, bdsandbox.config.yaml', 'settings of a project, in the nearest folder upwards'),
      tagged('~/.config/bdsandbox/config.yaml', 'your own settings'),
      tagged('~/.config/bdsandbox/templates', 'your own components and templates'),
    ),
  ];
  return `${sections.join('\n')}\n`;
}

function commandLines({ name, summary, description, usage, args, flags, examples, exits }: CommandPage): string[] {
  return [
    `.SS ${name}`,
    `\\fB${verbatim(usage)}\\fR`,
    ...[summary, description].filter((text) => text !== '').flatMap(paragraph),
    ...[...args, ...flags].map(entry),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:', '.PP', '.EX', ...examples.map(verbatim), '.EE']),
    ...(exits.length === 0 ? [] : ['.PP', 'Exit codes:', ...exits.flatMap(paragraph)]),
  ];
}

function section(title: string, ...lines: readonly string[]): string {
  return [`.SH ${title}`, ...lines].join('\n');
}

function paragraph(text: string): string[] {
  return ['.PP', inline(text)];
}

function entry({ term, text, notes }: Entry): string {
  return tagged(term, `${text}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`);
}

function tagged(term: string, text: string): string {
  return `.TP\n\\fB${verbatim(term)}\\fR\n${inline(text)}`;
}

/** Of Markdown, the marks that our pages use inside a line: `code` and [text](link). */
function inline(text: string): string {
  return verbatim(text)
    .replaceAll(/`([^`]+)`/g, '\\fB$1\\fR')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
}

/** A line that begins with a dot or a quote would be a macro, and a plain - a hyphen, not to be copied. */
function verbatim(line: string): string {
  const text = line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(text) ? `\\&${text}` : text;
}
