// Manual pages in the macros of man(7), which every formatter knows: `man bdsandbox`, `man bdsandbox-create`.
import type { CommandPage, Entry, Manual } from './manual.ts';

/** By file name. */
export function toManPages(
  manual: Manual,
  { version, description }: { version: string; description: string },
): Map<string, string> {
  const pages = manual.groups.flatMap(({ commands }) => commands);
  const write = (name: string, sections: readonly string[]): [string, string] => [
    `${name}.1`,
    `${[`.TH ${name.toUpperCase()} 1 "" "bdsandbox ${version}" "bdsandbox"`, '.nh', ...sections].join('\n')}\n`,
  ];
  return new Map([
    write('bdsandbox', overview(manual, description)),
    ...pages.map((page) => write(pageName(page.name), commandSections(page, manual.globalFlags))),
  ]);
}

function overview({ groups, globalFlags, exitCodes, variables }: Manual, description: string): string[] {
  return [
    section('NAME', `bdsandbox \\- ${verbatim(description)}`),
    section('SYNOPSIS', '.B bdsandbox', 'COMMAND [ARGUMENTS] [FLAGS]'),
    '.SH COMMANDS',
    ...groups.flatMap(({ title, commands }) => [
      `.SS ${title}`,
      ...commands.map(({ name, summary }) => tagged(`${pageName(name)}(1)`, summary)),
    ]),
    section('FLAGS OF EVERY COMMAND', ...globalFlags.map(entry)),
    section('EXIT STATUS', ...exitCodes.map(({ code, meaning }) => tagged(code, meaning))),
    section('ENVIRONMENT', ...variables.map(({ name, text }) => tagged(name.replaceAll('`', ''), text))),
    section(
      'FILES',
      tagged(
        '.bdsandboxrc, bdsandbox.config.yaml',
        'settings of a project, in the nearest folder upwards; also as YAML or JSON',
      ),
      tagged('~/.config/bdsandbox/config.yaml', 'your own settings'),
      tagged('~/.config/bdsandbox/templates', 'your own components and templates'),
    ),
  ];
}

function commandSections(page: CommandPage, globalFlags: readonly Entry[]): string[] {
  const { name, summary, description, usage, args, flags, examples, exits } = page;
  return [
    section('NAME', `${verbatim(pageName(name))} \\- ${verbatim(summary.replace(/\.$/, ''))}`),
    section('SYNOPSIS', ...usage.split('\n').map((line) => verbatim(line))),
    section('DESCRIPTION', ...paragraphs([summary, description].filter((text) => text !== ''))),
    section('ARGUMENTS', ...args.map(entry)),
    section('FLAGS', ...flags.map(entry)),
    section('FLAGS OF EVERY COMMAND', ...globalFlags.map(entry)),
    section('EXAMPLES', ...(examples.length === 0 ? [] : ['.EX', ...examples.map(verbatim), '.EE'])),
    section('EXIT STATUS', ...paragraphs(['The codes of all commands are listed in bdsandbox(1).', ...exits])),
    section('SEE ALSO', '.BR bdsandbox (1)'),
  ].filter((text) => text !== '');
}

function pageName(command: string): string {
  return `bdsandbox-${command.replaceAll(' ', '-')}`;
}

/** Nothing for a section without lines. */
function section(title: string, ...lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`.SH ${title}`, ...lines].join('\n');
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, index) => [...(index === 0 ? [] : ['.PP']), inline(text)]);
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
