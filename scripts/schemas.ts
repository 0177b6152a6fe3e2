// Writes schemas/: what `bdsandbox schema` prints, a file for each command.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deriveSchemas } from './derive-schemas.ts';

const root = dirname(import.meta.dirname);
const folder = join(root, 'schemas');
const schemas = deriveSchemas(root);
await rm(folder, { recursive: true, force: true });
for (const [id, schema] of schemas) {
  const file = join(folder, `${id.replaceAll(':', '/')}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(schema, null, 2)}\n`);
}
console.error(`schemas: ${schemas.size} commands`);
