import { spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { constants as system } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CommandNotFoundError, FailedError, NotExecutableError } from '../errors/index.js';
import type { Environment } from './variables.js';

export interface RunRequest {
  readonly command: readonly string[];
  readonly environment: Environment;
  /** This process's own when absent. */
  readonly workingDirectory?: string;
  /** The command line that is really run. */
  readonly wrap: (command: readonly string[]) => readonly string[];
  /** The output into the result, and no input; else this process's own streams are the command's. */
  readonly collect: boolean;
  /** Called once the command runs, with what sends it a signal. What it gives is disposed of after its end. */
  readonly onStart: (kill: (signal: NodeJS.Signals) => void) => Disposable;
}

export interface RunResult {
  /** The command's own; 128 and its number when a signal ended it, as shells say. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program of this machine.
 * @throws CommandNotFoundError, NotExecutableError, FailedError when it cannot be started
 */
export async function runProgram(request: RunRequest): Promise<RunResult> {
  const [name = '', ...words] = request.command;
  await checkProgram(name, request.environment['PATH'] ?? '');
  const [program = '', ...rest] = request.wrap([name, ...words]);
  const child = spawn(program, rest, {
    env: request.environment,
    cwd: request.workingDirectory,
    stdio: request.collect ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(new FailedError(`can't run ${name}: ${cause.code ?? cause.message}`, 'check the command', { cause })),
    );
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : system.signals[signal])));
  });
  using _started = request.onStart((signal) => void child.kill(signal));
  const [exitCode, stdout, stderr] = await Promise.all([ended, collected(child.stdout), collected(child.stderr)]);
  return { exitCode, stdout, stderr };
}

async function collected(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? '' : (await buffer(stream)).toString('utf8');
}

/** As a shell looks for it, to say in one line what is wrong before anything is started. */
async function checkProgram(name: string, searchPath: string): Promise<void> {
  const files = name.includes('/') ? [name] : searchPath.split(path.delimiter).map((folder) => path.join(folder, name));
  let isThere = false;
  for (const file of name === '' ? [] : files) {
    if (!(await isFile(file))) continue;
    isThere = true;
    if (await isExecutable(file)) return;
  }
  if (isThere) throw new NotExecutableError(`${name} is not executable`, 'see its permissions: ls -l');
  throw new CommandNotFoundError(
    `there is no command ${name} on this machine`,
    `check the PATH; a command of the node runs there: bdsandbox exec SANDBOX -- ${name}`,
  );
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
