import { XMLBuilder } from 'fast-xml-parser';

/** A Hadoop configuration file; well-formed for any value without control characters. */
export function hadoopXml(values: ReadonlyMap<string, string>): string {
  const builder = new XMLBuilder({ format: true, indentBy: '  ', processEntities: true });
  const property = [...values].map(([name, value]) => ({ name, value }));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ configuration: { property } })}`;
}
