// Builds dist/: every command and the program's entry, with all libraries, in a few files. Starting from a thousand small
// ones took a tenth of a second more, each time; and an installed bdsandbox needs no other package.

import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { dts } from 'rolldown-plugin-dts';

/** Parts of dockerode that nothing here speaks: BuildKit with a gRPC stack and Protocol Buffers, SSH with its own crypto. */
const UNUSED = /[/\\](dockerode[/\\]lib[/\\](session|buildkit)|docker-modem[/\\]lib[/\\]ssh)(\.js|[/\\]index\.js)?$/;

const entries = [
  'ui/main.ts',
  'ui/help.ts',
  'ui/command-not-found.ts',
  'complete/main.ts',
  'library/index.ts',
  ...globSync('commands/**/*.ts', { cwd: 'src' }),
];

const program = {
  input: Object.fromEntries(entries.map((entry) => [entry.slice(0, -'.ts'.length), join('src', entry)])),
  platform: 'node',
  plugins: [withoutUnused(), withLicenses()],
  output: {
    dir: 'dist',
    // One folder deep, as all that looks for templates/ expects (src/wiring/workspace.ts).
    chunkFileNames: 'shared/[name]-[hash].js',
    comments: { legal: true },
  },
};

/** What `import ... from 'bdsandbox'` is to the compiler: one file, from the types of the source. */
const declarations = {
  input: { 'library/index': 'src/library/index.ts' },
  platform: 'node',
  plugins: [dts({ dtsOnly: true })],
  output: { dir: 'dist' },
  // It warns of each file of a library's types in the older form, though no word of them gets into the result; a test
  // compiles a program against that.
  logLevel: 'silent',
};

export default [program, declarations];

function withoutUnused() {
  return {
    name: 'without-unused',
    load: (id) => (UNUSED.test(id) ? { code: 'module.exports = {};', moduleType: 'js' } : undefined),
  };
}

/** The licenses of what is inside ask to come along. */
function withLicenses() {
  return {
    name: 'with-licenses',
    async generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => ('moduleIds' in chunk ? chunk.moduleIds : []));
      const packages = new Set(modules.flatMap((id) => packageOf(id) ?? []));
      const texts = await Promise.all([...packages].sort().map(licenseOf));
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: texts.join('\n\n') });
    },
  };
}

function packageOf(id) {
  const parts = id.split(sep);
  const at = parts.lastIndexOf('node_modules');
  if (at === -1) return undefined;
  return parts.slice(0, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join(sep);
}

async function licenseOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const [file] = globSync('{LICEN[CS]E,COPYING,license}*', { cwd: folder });
  const text = file === undefined ? '' : `\n\n${await readFile(join(folder, file), 'utf8')}`;
  return `${name} ${version} (${license ?? 'see its package'})${text}`;
}
