import { Readable } from 'node:stream';

/** What a program registered by a test can see and do, in the manner of a real process. */
export interface ProgramRun {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string | undefined;
  /** At its end at once when nobody feeds it. */
  readonly stdin: Readable;
  readonly container: { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly files: ProgramFiles;
  /** Aborted when the container dies or stops; what the program does afterwards is not seen any more. */
  readonly killed: AbortSignal;
  stdout(output: string | Buffer): Promise<void>;
  stderr(output: string | Buffer): Promise<void>;
}

export interface ProgramFiles {
  read(path: string): Buffer | undefined;
  write(path: string, content: string | Buffer): void;
  has(path: string): boolean;
  remove(path: string): void;
  makeFolder(path: string, time: Date): void;
}

/** Returns the exit code; nothing means 0. */
// biome-ignore lint/suspicious/noConfusingVoidType: a program that returns nothing is the usual one in a test
export type Program = (run: ProgramRun) => number | void | Promise<number | void>;

/** The name of the program, the beginning of its command line, or a test of the whole. */
export type Matcher = string | readonly string[] | ((command: readonly string[]) => boolean);

export class Programs {
  readonly #known: { readonly matcher: Matcher; readonly program: Program }[] = [];

  /** Later ones win, so that a test can replace one of its set-up. */
  add(matcher: Matcher, program: Program): void {
    this.#known.unshift({ matcher, program });
  }

  find(command: readonly string[]): Program | undefined {
    return this.#known.find(({ matcher }) => matches(matcher, command))?.program;
  }
}

export function emptyInput(): Readable {
  return Readable.from([]);
}

function matches(matcher: Matcher, command: readonly string[]): boolean {
  if (typeof matcher === 'function') return matcher(command);
  const start = typeof matcher === 'string' ? [matcher] : matcher;
  return start.every((word, index) => command[index] === word);
}
