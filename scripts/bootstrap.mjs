// Makes a fresh clone able to run: dependencies (a current Node among them) and the built program. Plain JavaScript for
// any Node from 18 on, and for a folder without node_modules. Does nothing where all is done already.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const NODE = path.join(ROOT, 'node_modules', 'node', 'bin', 'node');
/** npm writes this file last: it is as new as the installation. */
const INSTALLED = path.join(ROOT, 'node_modules', '.package-lock.json');
const BUILT = path.join(ROOT, 'oclif.manifest.json');

export async function bootstrap() {
  if (newerThan(['package-lock.json', 'package.json'], INSTALLED) || !existsSync(NODE)) {
    await run('Dependencies', 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (newerThan(['src', 'package.json', 'rolldown.config.mjs'], BUILT)) {
    await run('Program', 'npm', ['run', '--silent', 'build']);
  }
}

/** Whether anything of these files and folders was changed after `target` was written. */
function newerThan(names, target) {
  if (!existsSync(target)) return true;
  const made = statSync(target).mtimeMs;
  return names.map((name) => path.join(ROOT, name)).some((name) => newest(name) > made);
}

function newest(name) {
  const stat = statSync(name);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(name).map((each) => newest(path.join(name, each))));
}

/**
 * Runs one step with its name and elapsed time every two seconds; its output is shown only if it fails.
 * @param options.show pass the output through instead: the command tells its own progress
 */
export async function run(title, command, args, { show = false } = {}) {
  const started = Date.now();
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  const say = (text) => process.stderr.write(`${title}: ${text}\n`);
  say('started');
  const output = [];
  // The project's own Node comes first where it is there already: some dependencies need it to build or run.
  const PATH = `${path.join(ROOT, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}`;
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH },
  });
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  const heartbeat = show ? undefined : setInterval(() => say(elapsed()), 2000);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(heartbeat));
  if (code !== 0) {
    process.stderr.write(Buffer.concat(output));
    say(`failed with ${code} after ${elapsed()}`);
    process.exit(1);
  }
  say(`done in ${elapsed()}`);
}
