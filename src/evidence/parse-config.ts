import { XMLParser } from 'fast-xml-parser';

/** The keys and values of a config file; undefined for a file that is not made of them. */
export function parseConfig(path: string, text: string): ReadonlyMap<string, string> | undefined {
  if (/\.xml$/i.test(path)) return parseHadoopXml(text);
  if (/\.(?:properties|cfg|env)$|\/environment$/i.test(path)) return parseProperties(text);
  return undefined;
}

/** As Hadoop reads it: the last one of a name counts. */
function parseHadoopXml(text: string): ReadonlyMap<string, string> | undefined {
  let tree: unknown;
  try {
    tree = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      parseTagValue: false,
      isArray: (name) => name === 'property',
    }).parse(text);
  } catch {
    return undefined;
  }
  const root = field(tree, 'configuration');
  // Others have a root of this name too (logback), or include files.
  if (root === undefined || (typeof root === 'object' && Object.keys(root ?? {}).some((name) => name !== 'property'))) {
    return undefined;
  }
  const properties = field(root, 'property');
  const values = new Map<string, string>();
  for (const property of Array.isArray(properties) ? properties : []) {
    const name = field(property, 'name');
    if (typeof name === 'string') values.set(name, String(field(property, 'value') ?? ''));
  }
  return values;
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : of === '' ? '' : undefined;
}

function parseProperties(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.replace(/\\\r?\n[ \t]*/g, '').split(/\r?\n/)) {
    if (/^\s*(?:[#!]|$)/.test(line)) continue;
    const [, key = '', value = ''] = /^\s*((?:[^=:\\\s]|\\.)+)\s*[=:\s]?\s*(.*)$/.exec(line) ?? [];
    if (key !== '') values.set(key, value.trimEnd());
  }
  return values;
}
