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
