/**
 * What a terminal acts upon, or does not show, instead of printing it: controls (also those of eight bits), marks of
 * direction, characters without width, other line ends, halves of characters. In names, notes and logs of others they
 * could write anywhere on the screen, or make it say something else than what is there.
 */
const CLASS = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]`;
const UNSEEN = new RegExp(CLASS, 'gu');

/** The styles that we use (colors.ts): bold, dim, the colours of 16 and of 256, and what ends each. */
const STYLE = String.raw`\[(?:1|2|22|3[0-7]|9[0-7]|39|38;5;\d{1,3})m`;
const STYLES_AND_UNSEEN = new RegExp(`(\u001B${STYLE})|${CLASS}`, 'gu');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** A text of several lines: its lines and tabs stay. */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSEEN, withoutLayout);
}

/** A name, or whatever else is one line. */
export function visibleLine(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** What we painted ourselves, as the last thing before it is written. */
export function onlyOurStyles(text: string): string {
  return text.replace(STYLES_AND_UNSEEN, (all, style: string | undefined) => style ?? withoutLayout(all));
}

/**
 * The same value with all strings in it made visible.
 * @param texts keys below which strings have lines that stay
 */
export function visible<T>(value: T, texts: readonly string[] = []): T {
  return deep(value, false) as T;

  function deep(part: unknown, isText: boolean): unknown {
    if (typeof part === 'string') return isText ? visibleText(part) : visibleLine(part);
    if (Array.isArray(part)) return part.map((each) => deep(each, isText));
    if (part instanceof Map) return new Map([...part].map(([key, each]) => [deep(key, false), deep(each, isText)]));
    if (!isPlain(part)) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, each]) => [visibleLine(key), deep(each, isText || texts.includes(key))]),
    );
  }
}

/** JSON that says the same, and is harmless to look at: JSON.stringify alone leaves everything above 0x1f as it is. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(''),
  );
}

function withoutLayout(character: string): string {
  return character === '\n' || character === '\t' ? character : escaped(character);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const short = SHORT[character];
  if (short !== undefined) return short;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
