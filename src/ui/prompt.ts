import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { InterruptedError, UsageError } from '../errors/index.js';
import { visibleText } from './visible.js';
import { oneLine } from './width.js';

export interface Question {
  /** Printed as it is, so with its own colon and blank. */
  readonly question: string;
  /** What to give instead when nobody can be asked, such as "--force" or "BDSANDBOX_REGISTRY_PASSWORD". */
  readonly flag: string;
}

export interface PromptStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/**
 * Asks for the very name, so that no habit of typing "y" destroys the wrong thing.
 * @throws UsageError when something else is typed
 */
export async function confirmByTyping(
  { name, question, flag }: Question & { readonly name: string },
  streams?: PromptStreams,
): Promise<void> {
  const answer = await ask({ question: `${question}\nType ${name} to confirm: `, flag }, 'shown', streams);
  if (answer.trim() === name) return;
  throw new UsageError(
    `not confirmed: "${answer.trim()}" isn't ${name}; nothing was changed`,
    `type the name, or give ${flag}`,
  );
}

/** Whether a question would reach a person: it's asked on stderr, since stdout is for results. */
export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

export async function askLine(question: Question, streams?: PromptStreams): Promise<string> {
  return ask(question, 'shown', streams);
}

/** What is typed isn't shown. */
export async function askSecret(question: Question, streams?: PromptStreams): Promise<string> {
  return ask(question, 'hidden', streams);
}

async function ask(
  { question, flag }: Question,
  echo: 'shown' | 'hidden',
  { input, output }: PromptStreams = { input: process.stdin, output: process.stderr },
): Promise<string> {
  // Both: a question nobody sees, or an answer that's really the next line of a script, is worse than an error.
  if (!input.isTTY || !output.isTTY) {
    throw new UsageError(`can't ask without a terminal: ${oneLine(question)}`, `give ${flag}`);
  }
  output.write(visibleText(question));
  const lines = createInterface({ input, output: echo === 'shown' ? output : new Nowhere(), terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = () => reject(new InterruptedError('interrupted', `give ${flag} to go on without a question`));
      lines.once('line', resolve);
      lines.once('SIGINT', stop);
      lines.once('close', stop);
    });
  } finally {
    lines.close();
    if (echo === 'hidden') output.write('\n');
  }
}

/** readline echoes to its output; a secret's goes here. */
class Nowhere extends Writable {
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}
