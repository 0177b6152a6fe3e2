// Writes man/bdsandbox.1, which npm links where the package is installed globally.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Manifest, readManual } from './reference/manual.ts';
import { toManPage } from './reference/roff.ts';

const root = dirname(import.meta.dirname);
const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(join(root, name), 'utf8')) as T;
const manual = await readManual(root, await read<Manifest>('oclif.manifest.json'));
const page = toManPage(manual, await read<{ version: string; description: string }>('package.json'));
await mkdir(join(root, 'man'), { recursive: true });
await writeFile(join(root, 'man', 'bdsandbox.1'), page);
console.error('man/bdsandbox.1');
