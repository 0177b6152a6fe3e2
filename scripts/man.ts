// Writes man/: a page for each command, and one for all. npm links them where a package is installed globally.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Manifest, readManual } from './reference/manual.ts';
import { toManPages } from './reference/roff.ts';

const root = dirname(import.meta.dirname);
const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(join(root, name), 'utf8')) as T;
const manual = await readManual(root, await read<Manifest>('oclif.manifest.json'));
const pages = toManPages(manual, await read<{ version: string; description: string }>('package.json'));
await rm(join(root, 'man'), { recursive: true, force: true });
await mkdir(join(root, 'man'));
for (const [name, page] of pages) await writeFile(join(root, 'man', name), page);
console.error(`man: ${pages.size} pages`);
