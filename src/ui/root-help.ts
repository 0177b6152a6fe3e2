import { GROUPS } from './groups.js';
import { padEnd, truncate, wrap } from './width.js';

export interface HelpEntry {
  /** With spaces: "images build". */
  readonly id: string;
  readonly summary: string;
}

export interface RootHelp {
  readonly description: string;
  readonly version: string;
  readonly commands: readonly HelpEntry[];
  /** Words that only group commands, with what they are about. */
  readonly topics: readonly HelpEntry[];
}

export function renderRootHelp(help: RootHelp, columns = 80): string {
  const entries = new Map(
    [...help.topics, ...help.commands].filter(({ id }) => !id.includes(' ')).map((e) => [e.id, e]),
  );
  const grouped = new Set(GROUPS.flatMap(([, ids]) => ids));
  const other = [...entries.keys()].filter((id) => !grouped.has(id));
  const width = Math.max(8, ...[...entries.keys()].map((id) => id.length)) + 2;
  const sections = [...GROUPS, ['Other', other] as const].flatMap(([title, ids]) => {
    const lines = ids.flatMap((id) => {
      const entry = entries.get(id);
      return entry === undefined ? [] : [truncate(`  ${padEnd(id, width)}${entry.summary}`, columns)];
    });
    return lines.length === 0 ? [] : [`${title}\n${lines.join('\n')}`];
  });
  return [
    wrap(`bdsandbox ${help.version}: ${help.description}`, columns).join('\n'),
    'Usage: bdsandbox COMMAND [ARGUMENTS] [--json] [--quiet]',
    ...sections,
    'bdsandbox help COMMAND tells more about one.',
  ].join('\n\n');
}
