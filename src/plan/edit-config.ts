import { propertiesText, unescapeProperties } from './properties.js';

/** Formats that are made of keys and values. */
export type KeyedFormat = 'hadoop-xml' | 'properties';

/** A value in the text of a file; the whole of what says it, and what is between. */
interface Place {
  readonly key: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** As the programs read it: the last one of a key counts. undefined where none is set. */
export function readValue(format: KeyedFormat, text: string, key: string): string | undefined {
  return placesOf(format, text).findLast((place) => place.key === key)?.value;
}

/**
 * The file with another value of one key, and everything else as it is, also what people wrote into it.
 * @param value undefined: without the key
 * @returns undefined for a text that is no such file
 */
export function withValue(
  format: KeyedFormat,
  text: string,
  key: string,
  value: string | undefined,
): string | undefined {
  const places = placesOf(format, text).filter((place) => place.key === key);
  if (value === undefined) return without(text, places);
  const last = places.at(-1);
  if (format === 'properties') {
    const line = propertiesText(new Map([[key, value]]));
    if (last) return replaced(text, last, line);
    return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${line}`;
  }
  if (last) {
    const property = text.slice(last.start, last.end);
    const written = `<value>${escapeXml(value)}</value>`;
    return replaced(text, last, withElement(property, written));
  }
  const property = `<property>\n    <name>${escapeXml(key)}</name>\n    <value>${escapeXml(value)}</value>\n  </property>`;
  const end = text.lastIndexOf('</configuration>');
  if (end < 0) return undefined;
  const before = text.slice(0, end);
  return `${before}${before.endsWith('\n') ? '' : '\n'}  ${property}\n${text.slice(end)}`;
}

function placesOf(format: KeyedFormat, text: string): Place[] {
  return format === 'hadoop-xml' ? xmlPlaces(text) : linePlaces(text);
}

function replaced(text: string, { start, end }: Place, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** With the line that each is on, where nothing else is on it. */
function without(text: string, places: readonly Place[]): string {
  return places.toReversed().reduce((rest, { start, end }) => {
    const before = rest.slice(0, start).replace(/[ \t]+$/, '');
    const after = rest.slice(end);
    return before + (before === '' || before.endsWith('\n') ? after.replace(/^[ \t]*\r?\n/, '') : after);
  }, text);
}

/** What is in comments does not count. */
function xmlPlaces(text: string): Place[] {
  return [...text.matchAll(/<!--[\s\S]*?-->|<property>(?:<!--[\s\S]*?-->|(?!<!--)[\s\S])*?<\/property>/g)].flatMap(
    (found) => {
      const [whole] = found;
      if (whole.startsWith('<!--')) return [];
      const plain = whole.replace(/<!--[\s\S]*?-->/g, '');
      const name = /<name>([\s\S]*?)<\/name>/.exec(plain)?.[1];
      if (name === undefined) return [];
      const value = /<value>([\s\S]*?)<\/value>/.exec(plain)?.[1] ?? '';
      const start = found.index;
      return [{ key: unescapeXml(name.trim()), value: unescapeXml(value), start, end: start + whole.length }];
    },
  );
}

/** @param written takes the place of the value that is there, or comes after the name */
function withElement(property: string, written: string): string {
  const value = /(<!--[\s\S]*?-->)|<value>[\s\S]*?<\/value>|<value\s*\/>/g;
  let isThere = false;
  const changed = property.replace(value, (found, comment?: string) => {
    if (comment !== undefined || isThere) return found;
    isThere = true;
    return written;
  });
  return isThere ? changed : property.replace('</name>', () => `</name>\n    ${written}`);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

function escapeXml(text: string): string {
  return Object.entries(ENTITIES).reduce((rest, [name, sign]) => rest.replaceAll(sign, `&${name};`), text);
}

/** As java.util.Properties reads lines: one that ends with an odd number of backslashes goes on in the next. */
function linePlaces(text: string): Place[] {
  const lines = /^[ \t\f]*(?:[#!].*|((?:\\[\s\S]|[^\\\r\n])*))(?:\r?\n|$)/gm;
  return [...text.matchAll(lines)].flatMap((found) => {
    const [whole, logical = ''] = found;
    const joined = logical.replace(/\\\r?\n[ \t\f]*/g, '');
    const [, key, value = ''] = /^((?:\\.|[^\\=: \t\f])+)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(joined) ?? [];
    if (key === undefined) return [];
    const start = found.index;
    return [{ key: unescapeProperties(key), value: unescapeProperties(value), start, end: start + whole.length }];
  });
}
