// README's second command: every test, with its own set-up. Ends with a line "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootstrap, NODE, ROOT, run } from './bootstrap.mjs';

await bootstrap();
installTestTools();

// The engine, the registry and the image that the e2e tests create clusters from.
const program = path.join(ROOT, 'bin', 'run.js');
await run('Engine and images', NODE, [program, 'quickstart', '--prepare', '--yes'], { show: true });

console.error('Lint');
const lint = spawnSync('npm', ['run', '--silent', 'lint'], { cwd: ROOT, stdio: 'inherit' });

const folder = mkdtempSync(path.join(tmpdir(), 'bdsandbox-test-'));
const report = path.join(folder, 'report.json');
const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const projects = ['unit', 'integration', 'e2e'].flatMap((name) => ['--project', name]);
const { status } = spawnSync(
  NODE,
  [
    vitest,
    'run',
    ...projects,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${path.dirname(NODE)}${path.delimiter}${process.env.PATH}` },
  },
);
const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(folder, { recursive: true });
// Lint counts as one test.
const failed = (result?.numFailedTests ?? 1) + (lint.status === 0 ? 0 : 1);
// A suite that cannot even be loaded has no tests to count, and fails all the same.
const broken = failed === 0 && status !== 0 ? 1 : 0;
console.log(`${(result?.numPassedTests ?? 0) + (lint.status === 0 ? 1 : 0)} passed, ${failed + broken} failed`);
process.exitCode = failed + broken === 0 ? 0 : 1;

/** What the tests use beside the program: shellcheck for the scripts, a static busybox for the engine's contract. */
function installTestTools() {
  const missing = [
    ['/usr/bin/shellcheck', 'shellcheck'],
    ['/bin/busybox', 'busybox-static'],
  ].flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(`not installed: ${missing.join(', ')}; what needs them is skipped`);
    return;
  }
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...missing);
}
