// README's first command: from a fresh clone to a running cluster. What needs no dependencies is done here, the rest by
// the program itself (src/commands/quickstart.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { bootstrap, NODE, ROOT } from './bootstrap.mjs';

await bootstrap();
const program = path.join(ROOT, 'bin', 'run.js');
const { status } = spawnSync(NODE, [program, 'quickstart', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
