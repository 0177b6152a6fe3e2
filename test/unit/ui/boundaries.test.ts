import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/**
 * The messages of the import rule for a file with this one import. A real file beside a copy of our biome.json: from
 * stdin Biome 2.6 only says that something is wrong, not what.
 */
function violations(path: string, specifier: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'bdsandbox-lint-'));
  folders.push(folder);
  copyFileSync(join(ROOT, 'biome.json'), join(folder, 'biome.json'));
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), `import '${specifier}';\n`);
  const arguments_ = ['lint', '--only=style/noRestrictedImports', '--vcs-enabled=false', '--reporter=github', path];
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), arguments_, { cwd: folder, encoding: 'utf8' });
  return [...stdout.matchAll(/^::error [^:]*::(.*)$/gm)].map(([, message]) => message ?? '');
}

describe('import boundaries', () => {
  it.each([
    ['a room above', 'src/engine/x.ts', '../commands/ls.js', /dependencies point downwards/],
    [
      'a room above, from a folder inside',
      'src/engine/memory/x.ts',
      '../../sandbox/index.js',
      /may import errors, events/,
    ],
    ['the floor importing anything', 'src/errors/x.ts', '../config/index.js', /the floor/],
    ["another room's inside", 'src/plan/x.ts', '../catalog/yaml/parse.js', /through its index.js/],
    ['dockerode outside the adapter', 'src/engine/memory/x.ts', 'dockerode', /src\/engine\/docker alone/],
    ['listr2 in the core', 'src/sandbox/x.ts', 'listr2', /report a FlowEvent/],
    ['chalk in a command', 'src/commands/x.ts', 'chalk', /src\/ui/],
    ['oclif in the core', 'src/sandbox/x.ts', '@oclif/core/command', /oclif belongs/],
    ['completion from the core', 'src/sandbox/x.ts', '../complete/index.js', /dependencies point downwards/],
    ['the terminal from completion', 'src/complete/x.ts', '../ui/index.js', /src\/complete may import wiring/],
    ['a command from a view', 'src/views/x.ts', '../commands/ls.js', /dependencies point downwards/],
  ])('forbid %s', (_, path, specifier, message) => {
    expect(violations(path, specifier)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['src/commands/images/x.ts', '../../ui/index.js'],
    ['src/sandbox/x.ts', '../engine/index.js'],
    ['src/commands/x.ts', '../complete/index.js'],
    ['src/complete/x.ts', '../wiring/index.js'],
    ['src/engine/docker/x.ts', 'dockerode'],
    ['src/engine/docker/x.ts', '../port.js'],
    ['src/engine/docker/x.ts', '../../errors/index.js'],
    ['src/ui/progress/x.ts', 'listr2'],
    ['src/config/x.ts', 'node:fs'],
  ])('allow %s to import %s', (path, specifier) => {
    expect(violations(path, specifier)).toEqual([]);
  });
});
