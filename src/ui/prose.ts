import { wrap } from './width.js';

/** A sentence for people: lines break between words where a terminal would break inside one, and go on below. */
export function prose(text: string, options: ProseOptions = {}): string {
  const { indent = 0, width } = 'width' in options ? options : { ...options, width: stdoutColumns() };
  if (width === undefined) return text;
  const [lead = ''] = /^ */.exec(text) ?? [];
  const [first = ''] = wrap(text.slice(lead.length), width - lead.length);
  const rest = text.slice(lead.length + first.length + 1);
  const below = rest === '' ? [] : wrap(rest, width - indent);
  return [`${lead}${first}`, ...below.map((line) => `${' '.repeat(indent)}${line}`)].join('\n');
}

/** Undefined for a pipe: what reads it has no width. */
export function stdoutColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

export interface ProseOptions {
  /** Of the lines after the first. */
  readonly indent?: number;
  /** Default: the terminal's; a pipe gets one line. */
  readonly width?: number | undefined;
}
