// Checks every shell script under templates/ and examples/, found by its first line. Without shellcheck it says so and passes.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';

const scripts = globSync(['templates/**/*', 'examples/**/*']).filter((path) => {
  if (!statSync(path).isFile()) return false;
  return /^#!.*\b(sh|bash|dash)\b/.test(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '');
});

if (spawnSync('shellcheck', ['--version']).error !== undefined) {
  console.error(`shellcheck isn't installed: ${scripts.length} scripts unchecked`);
} else if (scripts.length > 0) {
  process.exitCode =
    spawnSync('shellcheck', ['--external-sources', '--source-path=SCRIPTDIR', ...scripts], { stdio: 'inherit' })
      .status ?? 1;
}
