/** A Java properties file, in UTF-8 with escapes for all that java.util.Properties would take for something else. */
export function propertiesText(values: ReadonlyMap<string, string>): string {
  return [...values].map(([key, value]) => `${escapeKey(key)}=${escapeValue(value)}\n`).join('');
}

function escapeKey(key: string): string {
  return escapeValue(key).replace(/[ :=#!]/g, '\\$&');
}

/** Only ISO 8859-1 is safe in a properties file: what reads it decides on the encoding. */
function escapeValue(value: string): string {
  return value
    .replace(/\\/g, '\\\\')
    .replace(/^ /, '\\ ')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What the escapes of a key or value stand for. */
export function unescapeProperties(text: string): string {
  const signs: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };
  return text.replace(/\\(?:u([\da-f]{4})|([\s\S]))/gi, (_, code?: string, sign = '') =>
    code === undefined ? (signs[sign] ?? sign) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
