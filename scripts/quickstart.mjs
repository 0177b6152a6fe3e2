// README's first command: from a fresh clone to a running cluster. What needs no dependencies is done here, the rest by
// the program itself (src/commands/quickstart.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { bootstrap, NODE, ROOT } from './bootstrap.mjs';

await bootstrap();
const onPath = link();
const program = path.join(ROOT, 'bin', 'run.js');
const { status } = spawnSync(NODE, [program, 'quickstart', ...process.argv.slice(2)], { stdio: 'inherit' });
if (status === 0 && !onPath) console.error('bdsandbox is not on the PATH; here, npx bdsandbox does the same.');
process.exit(status ?? 1);

/** Puts `bdsandbox` on the PATH, so that the lines which the summary suggests can be pasted. */
function link() {
  const isThere = () => spawnSync('bdsandbox', ['--version'], { stdio: 'ignore' }).status === 0;
  if (isThere()) return true;
  spawnSync('npm', ['link', '--ignore-scripts', '--loglevel=error'], { cwd: ROOT, stdio: 'ignore' });
  return isThere();
}
