import { quote, UsageError } from '../errors/index.js';

interface Known {
  /** Of the command, as in its help. */
  readonly id: string;
  readonly flags: Readonly<Record<string, { readonly type: string; readonly char?: string | undefined }>>;
  /** A command line for those who gave none. */
  readonly example: string;
}

/** The words of a command of ours, and those of another program behind `--`. */
export function splitAtDashes(argv: readonly string[]): { own: string[]; behind: string[] | undefined } {
  const end = argv.indexOf('--');
  return end === -1 ? { own: [...argv], behind: undefined } : { own: argv.slice(0, end), behind: argv.slice(end + 1) };
}

/** @throws UsageError when there is no `--`, with the line as it was probably meant; and when nothing is behind it */
export function programBehindDashes(argv: readonly string[], known: Known): { own: string[]; behind: string[] } {
  const { own, behind } = splitAtDashes(argv);
  if (behind && behind.length > 0) return { own, behind };
  const line = (before: readonly string[], after: readonly string[]): string =>
    ['bdsandbox', known.id, ...before.map(quote), '--', ...after].join(' ');
  const start = behind ? own.length : startOfProgram(own, known);
  if (start === own.length) {
    throw new UsageError(`${known.id} needs a command, after --`, `for example: ${line(own, [known.example])}`);
  }
  const meant = line(own.slice(0, start), own.slice(start).map(quote));
  throw new UsageError('what is run comes after --', `put -- before the command: ${meant}`);
}

/** Behind the flags that are ours and the one word that names a place: where something follows them. */
function startOfProgram(argv: readonly string[], { flags }: Known): number {
  let isPlaced = false;
  for (let at = 0; at < argv.length; at += 1) {
    const [word = '', value] = (argv[at] ?? '').split('=', 2);
    const flag = Object.entries(flags).find(
      ([name, { char }]) => word === `--${name}` || word === `--no-${name}` || word === `-${char}`,
    )?.[1];
    if (flag?.type === 'option' && value === undefined) at += 1;
    if (flag || ['--json', '--help', '-h'].includes(word)) continue;
    if (isPlaced || word.startsWith('-')) return isPlaced ? at : argv.length;
    isPlaced = true;
  }
  return argv.length;
}
