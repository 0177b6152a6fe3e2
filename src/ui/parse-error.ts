import { asSandboxError, closest, SandboxError, UsageError } from '../errors/index.js';

/** What there is to say about the command in which something was thrown. */
export interface CommandNames {
  /** As typed, such as "snapshots ls". */
  readonly command: string;
  /** Long names, without dashes. */
  readonly flags: readonly string[];
}

/**
 * oclif's parse errors, which are made for several lines and its own printer, as one line of ours. They are told apart
 * by what they carry: their classes aren't exported.
 */
export function fromThrown(thrown: unknown, { command, flags }: CommandNames): SandboxError {
  const help = `bdsandbox help ${command}`;
  if (thrown instanceof SandboxError) return withoutParserNoise(thrown);
  if (!isOclifError(thrown)) return asSandboxError(thrown);
  if (isTextList(thrown.flags)) {
    const [flag = ''] = thrown.flags;
    const meant = closest(flag.replace(/^-+/, ''), flags);
    const hint = meant === undefined ? help : `did you mean --${meant}? See ${help}`;
    return new UsageError(`unknown flag ${thrown.flags.join(', ')}`, hint, { cause: thrown });
  }
  if (Array.isArray(thrown.args)) return new UsageError(argumentMessage(thrown.args), help, { cause: thrown });
  return new UsageError(cleanMessage(thrown.message), help, { cause: thrown });
}

interface OclifError extends Error {
  readonly oclif: unknown;
  readonly flags?: unknown;
  readonly args?: unknown;
}

function isOclifError(thrown: unknown): thrown is OclifError {
  return thrown instanceof Error && ('oclif' in thrown || /^Parsing --/.test(thrown.message));
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Missing arguments are definitions, unexpected ones are the words themselves. */
function argumentMessage(args: readonly unknown[]): string {
  if (isTextList(args)) return `unexpected argument ${args.join(' ')}`;
  const names = args.map((arg) => (typeof arg === 'object' && arg !== null && 'name' in arg ? String(arg.name) : '?'));
  return `missing argument ${names.map((name) => name.toUpperCase()).join(' ')}`;
}

function cleanMessage(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && line !== 'See more help with --help' && !/^The following errors? occurred:$/.test(line),
    );
  const text = lines.join('; ').replace(/^Parsing (--[\w-]+);?\s*/, '$1: ');
  // After "--flag: " too, since that is where the parser's own sentence starts.
  return text.replace(
    /^(--[\w-]+: )?([A-Z])(?=[a-z])/,
    (_, flag: string | undefined, letter: string) => `${flag ?? ''}${letter.toLowerCase()}`,
  );
}

/** The parser writes "Parsing --x" and its help line into the message of whatever a flag's own parser throws. */
function withoutParserNoise(error: SandboxError): SandboxError {
  if (/^Parsing --/.test(error.message)) error.message = cleanMessage(error.message);
  return error;
}
