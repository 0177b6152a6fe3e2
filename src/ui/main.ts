import { dirname } from 'node:path';
import { BugError, InterruptedError } from '../errors/index.js';
import { answerAtOnce } from './first-page.js';
import { fromThrown } from './parse-error.js';
import { renderError, renderErrorJson } from './render-error.js';
import { wantsJson } from './wants-json.js';
import { isClosedPipe, survivePipeErrors, writeAtOnce, writeStderr, writeStdout } from './write.js';

/** How long something forgotten may hold up the end of the program. */
const LINGER_MS = 2000;

/**
 * Runs one command line. The process then ends by itself, once its output has been written: oclif's own execute() and
 * handle() call process.exit, which cuts off what is still on its way through a pipe.
 */
export async function main(argv: readonly string[]): Promise<void> {
  survivePipeErrors();
  // Before any library looks: oclif's help, listr2 and chalk all obey it.
  if (withoutPassedOn(argv).includes('--no-color')) process.env['NO_COLOR'] = '1';
  process.once('beforeExit', abandoned);
  try {
    const answer = answerAtOnce(argv, packageRoot());
    if (answer === undefined) await runOclif(argv);
    else await writeStdout(`${answer}\n`);
  } catch (thrown) {
    await fail(thrown, argv);
  }
  process.off('beforeExit', abandoned);
  setTimeout(endForcibly, LINGER_MS).unref();

  /** Nothing is left to wait for, and the command has not come to its end: it must not look like a success. */
  function abandoned(): void {
    void fail(new BugError('the command came to no end', 'run again with BDSANDBOX_DEBUG=1 and report it'), argv);
  }
}

async function runOclif(argv: readonly string[]): Promise<void> {
  const [{ run }, { settings }] = await Promise.all([
    import('@oclif/core/run'),
    import('@oclif/core/settings'),
    import('@oclif/core/command'),
  ]);
  // The last one, once loaded, listens on stdout and throws from there: a full disk would end in a stack trace.
  process.stdout.removeAllListeners('error');
  survivePipeErrors();
  // Never look for TypeScript sources and a way to compile them.
  settings.enableAutoTranspile = false;
  await run(helpAsFlag(argv), packageRoot());
}

async function fail(thrown: unknown, argv: readonly string[]): Promise<void> {
  const error = fromThrown(thrown, { command: '', flags: [] });
  process.exitCode = error.exitCode;
  // Who reads stdout may have gone: `bdsandbox logs -f | head`. That's a normal end.
  if (isClosedPipe(error.cause)) {
    process.exitCode = 0;
    return;
  }
  const columns = process.stderr.isTTY ? process.stderr.columns : undefined;
  await writeStderr(renderError(error, (process.env['BDSANDBOX_DEBUG'] ?? '') !== '', columns));
  // Where stdout is what failed, stderr has just said so.
  if (wantsJson(argv)) await writeStdout(renderErrorJson(error)).catch(() => undefined);
  // What was given up may go on for long.
  if (error instanceof InterruptedError) process.exit();
}

/** "help snapshots ls" is "snapshots ls --help": oclif's help command would be one more package. */
function helpAsFlag(argv: readonly string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
}

function withoutPassedOn(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** Two levels above dist/ui. */
function packageRoot(): string {
  return dirname(dirname(import.meta.dirname));
}

/** The timer doesn't keep the process alive; when it fires something else did. */
function endForcibly(): void {
  if ((process.env['BDSANDBOX_DEBUG'] ?? '') !== '') {
    writeAtOnce('stderr', `bdsandbox: ended with open ${process.getActiveResourcesInfo().join(', ')}\n`);
  }
  process.exit();
}
