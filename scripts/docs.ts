// npm run docs: writes docs/reference/commands.md from the manifest.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Manifest, readManual } from './reference/manual.ts';
import { COMMANDS_PAGE, toMarkdown } from './reference/markdown.ts';

const root = dirname(import.meta.dirname);
const manifest = JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
await writeFile(join(root, COMMANDS_PAGE), toMarkdown(await readManual(root, manifest)));
console.error(`${COMMANDS_PAGE}: ${Object.keys(manifest.commands).length} commands`);
