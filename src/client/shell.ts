import { basename } from 'node:path';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Names to values; undefined: the variable goes away. */
export type Changes = ReadonlyMap<string, string | undefined>;

/** What all but fish have in common is enough for any other shell. */
export function shellOf(environment: Readonly<Record<string, string | undefined>>): Shell {
  const name = basename(environment['SHELL'] ?? '');
  return SHELLS.find((shell) => shell === name) ?? 'bash';
}

/** Commands for the shell, one a line. Each has its own end, so that they survive being joined into one line. */
export function shellCommands(shell: Shell, changes: Changes): string[] {
  return [...changes].map(([name, value]) => {
    if (value === undefined) return shell === 'fish' ? `set -e ${name};` : `unset ${name};`;
    return shell === 'fish' ? `set -gx ${name} ${quote(shell, value)};` : `export ${name}=${quote(shell, value)};`;
  });
}

/** One word, whatever is in it. */
function quote(shell: Shell, text: string): string {
  if (shell === 'fish') return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
