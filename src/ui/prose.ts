import { wrap } from './width.js';

/** A sentence for people: lines break between words where a terminal would break inside one, and go on below `indent`. */
export function prose(text: string, options: ProseOptions = {}): string {
  const { indent = 0, width } = 'width' in options ? options : { ...options, width: stdoutColumns() };
  if (width === undefined) return text;
  const [first = '', ...rest] = wrap(text, width - indent);
  return [first, ...rest.map((line) => `${' '.repeat(indent)}${line}`)].join('\n');
}

/** Undefined for a pipe: what reads it has no width. */
export function stdoutColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

export interface ProseOptions {
  /** Columns that stand before the text. */
  readonly indent?: number;
  /** Default: the terminal's; a pipe gets one line. */
  readonly width?: number | undefined;
}
