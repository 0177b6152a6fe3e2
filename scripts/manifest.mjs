// Writes oclif.manifest.json: the names, flags and summaries of all commands, so that a start loads one command's
// module and not all. The `oclif` package does the same, but is 200 MB of other things.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const plugin = new Plugin({ errorOnManifestCreate: true, ignoreManifest: true, isRoot: true, root, type: 'core' });
await plugin.load();
const { commands, version } = plugin.manifest;
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify({ commands, version })}\n`);
console.error(`oclif.manifest.json: ${Object.keys(commands).length} commands`);
