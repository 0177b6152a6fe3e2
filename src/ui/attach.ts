import type { Readable, Writable } from 'node:stream';
import { terminal } from './terminal.js';

/** This process's own streams, as a program in a node gets them. */
export interface Attachment {
  /** Absent where it is left alone. */
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
  readonly tty?: {
    readonly columns: number;
    readonly rows: number;
    readonly onResize: (apply: (columns: number, rows: number) => void) => void;
  };
}

/**
 * Lends this process's streams to a program, and a terminal where a person sits at both ends: then keys go through
 * unread, Ctrl-C too, until it ends.
 * @param input whether standard input is lent too; without it there is no terminal either
 * @param signal gives it up; a terminal carries the Ctrl-C itself
 */
export async function attached<T>(
  signal: AbortSignal,
  { input }: { readonly input: boolean },
  run: (attachment: Attachment) => Promise<T>,
): Promise<T> {
  const screen = terminal();
  const { stdin, stdout, stderr } = screen;
  if (!input) return run({ stdout, stderr, signal });
  if (!screen.interactive) return run({ stdin, stdout, stderr, signal });
  using _raw = screen.raw();
  const onResize = (apply: (columns: number, rows: number) => void): void =>
    void screen.onResize(({ columns, rows }) => apply(columns, rows));
  return await run({ stdin, stdout, stderr, signal, tty: { ...screen.size(), onResize } });
}
