// docs/reference/commands.md.
import type { CommandPage, Entry, Manual } from './manual.ts';

export const COMMANDS_PAGE = 'docs/reference/commands.md';

export function toMarkdown({ groups, globalFlags }: Manual): string {
  const index = groups.map(
    ({ title, commands }) => `- ${title}: ${commands.map(({ name }) => linkTo(name)).join(', ')}`,
  );
  const sections = groups.flatMap(({ title, commands }) => [`## ${title}`, ...commands.flatMap(commandSection)]);
  return `${[
    '# Commands',
    'Made from the commands by `npm run docs`; `bdsandbox help COMMAND` and `man bdsandbox` say the same.',
    index.join('\n'),
    ...sections,
    '## Flags of every command',
    list([...globalFlags, { term: '-h, --help', text: 'Tell about the command.', notes: [] }]),
    'The exit codes of all commands, and what they mean: [exit codes](exit-codes.md). Variables that settings come from, and\nthose without a flag: [configuration](config.md).',
  ].join('\n\n')}\n`;
}

function commandSection(page: CommandPage): string[] {
  const { name, summary, description, usage, args, flags, examples, exits } = page;
  return [
    `### ${name}`,
    [summary, description]
      .filter((text) => text !== '')
      .map(prose)
      .join('\n\n'),
    indented(usage),
    ...(args.length > 0 ? ['Arguments:', list(args)] : []),
    ...(flags.length > 0 ? ['Flags:', list(flags)] : []),
    ...(examples.length > 0 ? ['Examples:', indented(examples.join('\n'))] : []),
    ...(exits.length > 0 ? ['Exit codes:', exits.map((note) => `- ${note}`).join('\n')] : []),
  ];
}

function list(entries: readonly Entry[]): string {
  return entries
    .map(({ term, text, notes }) => {
      const more = notes.map((note) => note.replace(/^(default|variable): (.*)$/, '$1 `$2`')).join('; ');
      return `- \`${term}\`: ${prose(text)}${more === '' ? '' : ` (${more})`}`;
    })
    .join('\n');
}

/** Words that Markdown would read as marks: <value>, *, and names with underscores. */
function prose(text: string): string {
  return text.replaceAll(/[<>*_|[\]]/g, (mark) => `\\${mark}`);
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

/** As GitHub makes anchors of headings. */
function linkTo(name: string): string {
  return `[${name}](#${name.replaceAll(' ', '-')})`;
}
