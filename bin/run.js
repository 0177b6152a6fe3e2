#!/usr/bin/env node
// Plain and old-fashioned, since this has to be read by the very Node that is too old for the rest.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM = [22, 18];

if (isNewEnough(process.versions.node)) {
  // Saves a good third of the start. In a folder of our own: what lies in a shared /tmp may be somebody else's code.
  if (module.enableCompileCache && !process.env.NODE_COMPILE_CACHE) {
    module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bdsandbox', 'node'));
  }
  // What a shell asks at a press of Tab loads less, and says nothing where it cannot answer.
  if (process.argv[2] === '__complete') import('../dist/complete/main.js').then(answerShell, () => undefined);
  else import('../dist/ui/main.js').then(({ main }) => main(process.argv.slice(2)), failToLoad);
} else {
  runWithBundledNode();
}

/** Ends at once: an engine that does not answer may hold a connection open. */
function answerShell({ main }) {
  main(process.argv.slice(3)).then(
    (text) => process.stdout.write(text, () => process.exit()),
    () => process.exit(),
  );
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

/** A checkout has a Node of its own (package `node`); an installed program doesn't. */
function runWithBundledNode() {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(node)) {
    console.error(`bdsandbox: needs Node.js ${MINIMUM.join('.')} or newer, this is ${process.versions.node}`);
    console.error('  next: install a newer one, see https://nodejs.org/en/download');
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, BDSANDBOX_SIGNALS: 'passed on' },
  });
  // From a terminal the child gets these too. Passed on as messages it can tell them apart (src/ui/interrupts.ts).
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => child.connected && child.send({ signal: name }, () => undefined));
  }
  child.on('error', (error) => {
    console.error(`bdsandbox: can't start ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    // In its first moments a signal ends Node itself; a shell says the same of it.
    process.exitCode = signal === null ? code : 128 + constants.signals[signal];
  });
}

function failToLoad(error) {
  console.error(`bdsandbox: can't load the program: ${error.message}`);
  console.error('  next: npm run build, or install it again');
  if (process.env.BDSANDBOX_DEBUG) console.error(error.stack);
  process.exitCode = 1;
}
