import { type Kind, kindsOfArgument, kindsOfFlag, type Manifest, type ManifestCommand } from './kinds.js';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What may stand where the cursor is. */
export interface Place {
  /** Known from the command line's own description. */
  readonly candidates: readonly Candidate[];
  /** Names to be asked for. */
  readonly kinds: readonly Kind[];
  /** What has been typed of it. */
  readonly typed: string;
  /** What stands before it in the same word, such as `--sandbox=`. */
  readonly before: string;
  /** Names that are on the command line already. */
  readonly used: readonly string[];
}

const NOTHING: Place = { candidates: [], kinds: [], typed: '', before: '', used: [] };

/** @param words after the program's name; the last one is where the cursor is, and may be empty */
export function placeOf(manifest: Manifest, words: readonly string[]): Place {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  // After it everything belongs to a command inside a node.
  if (before.includes('--')) return NOTHING;
  const isHelp = before[0] === 'help';
  const given = isHelp ? before.slice(1) : before;
  const id = commandOf(manifest, given);
  if (id === undefined) return { ...NOTHING, typed, candidates: nextWords(manifest, given) };
  const command = manifest.commands[id];
  if (command === undefined || isHelp) return NOTHING;
  return inCommand(id, command, given.slice(id.split(':').length), typed);
}

/** The id of the command that the words begin with: one word, or a topic and one. */
function commandOf({ commands }: Manifest, words: readonly string[]): string | undefined {
  return [words.slice(0, 1), words.slice(0, 2)].map((each) => each.join(':')).find((id) => id in commands);
}

/** Commands and topics that may follow. */
function nextWords({ commands }: Manifest, given: readonly string[]): Candidate[] {
  const prefix = given.map((word) => `${word}:`).join('');
  const next = new Map<string, string>();
  for (const [id, { hidden, summary = '' }] of Object.entries(commands)) {
    if (hidden === true || !id.startsWith(prefix)) continue;
    const [word = '', ...rest] = id.slice(prefix.length).split(':');
    next.set(word, rest.length === 0 ? summary : (next.get(word) ?? `${word} ...`));
  }
  return [...next].map(([value, description]) => ({ value, description }));
}

function inCommand(id: string, command: ManifestCommand, given: readonly string[], typed: string): Place {
  const { used, flags, open } = readGiven(command, given);
  if (open !== undefined) return flagValue(command, open, typed, '', used);
  const [, flag, text] = /^--([\w-]+)=(.*)$/s.exec(typed) ?? [];
  if (flag !== undefined) return flagValue(command, flag, text ?? '', `--${flag}=`, used);
  if (typed.startsWith('-')) return { ...NOTHING, typed, candidates: flagsOf(command, flags) };
  const names = Object.keys(command.args);
  const name = names[used.length] ?? (command.strict === false ? names.at(-1) : undefined);
  if (name === undefined) return NOTHING;
  const argument = command.args[name] ?? {};
  return {
    typed,
    before: '',
    used,
    candidates: toCandidates(argument.options),
    kinds: kindsOfArgument(id, name, argument),
  };
}

/** Arguments and flags that are there already, and the flag whose value comes next. */
function readGiven(
  { flags }: ManifestCommand,
  given: readonly string[],
): { readonly used: readonly string[]; readonly flags: ReadonlySet<string>; readonly open: string | undefined } {
  const used: string[] = [];
  const seen = new Set<string>();
  let open: string | undefined;
  for (const word of given) {
    if (open !== undefined) {
      open = undefined;
    } else if (word.startsWith('-') && word !== '-') {
      const [, long, short, value] = /^(?:--([\w-]+)|-(\w))(=.*)?$/s.exec(word) ?? [];
      const name = long ?? Object.keys(flags).find((each) => short !== undefined && flags[each]?.char === short) ?? '';
      seen.add(name.replace(/^no-(?=.)/, (no) => (name in flags ? no : '')));
      if (flags[name]?.type === 'option' && value === undefined) open = name;
    } else {
      used.push(word);
    }
  }
  return { used, flags: seen, open };
}

function flagValue(
  { flags }: ManifestCommand,
  name: string,
  typed: string,
  before: string,
  used: readonly string[],
): Place {
  return { typed, before, used, candidates: toCandidates(flags[name]?.options), kinds: kindsOfFlag(name) };
}

function flagsOf({ flags }: ManifestCommand, seen: ReadonlySet<string>): Candidate[] {
  const open = Object.entries(flags).filter(([name, { multiple }]) => multiple === true || !seen.has(name));
  return open.flatMap(([name, { allowNo, summary, description }]) => {
    const about = summary ?? description ?? '';
    const yes = { value: `--${name}`, description: about };
    return allowNo === true ? [yes, { value: `--no-${name}`, description: `not: ${about}` }] : [yes];
  });
}

function toCandidates(values: readonly string[] = []): Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}
