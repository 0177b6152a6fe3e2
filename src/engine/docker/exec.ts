import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { NotFoundError } from '../../errors/index.js';
import type { ExecOptions, ExecResult } from '../port.js';
import type { Connection } from './connection.js';
import type { About } from './fault.js';
import { speak } from './hijacked.js';

const KILLED = 137;

/** @see Containers.exec */
export async function execIn(
  connection: Connection,
  id: string,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { signal, stdin } = options;
  signal?.throwIfAborted();
  const about: About = { action: `run ${command[0] ?? 'a command'} in container ${id.slice(0, 12)}` };

  const exec = await connection.askSoon(about, (docker, abortSignal) =>
    docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdin: stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Env: Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(options.workingDirectory === undefined ? {} : { WorkingDir: options.workingDirectory }),
      abortSignal,
    }),
  );
  // Hijacked: the answer is a plain two-way socket whose writing side can be closed by itself, as stdin needs.
  const socket = await connection.ask(about, () => exec.start({ hijack: true, Detach: false, Tty: false }));
  return speak(connection, socket, about, options, async (output) => ({
    exitCode: await exitCodeOf(connection, exec, id, about, signal),
    ...output,
  }));
}

/**
 * The stream ends a moment before the engine has taken note of the exit code, and much earlier for a command that
 * closes its outputs and goes on. The engine also forgets the exec when the container is removed underneath.
 */
async function exitCodeOf(
  connection: Connection,
  exec: Dockerode.Exec,
  id: string,
  about: About,
  signal: AbortSignal | undefined,
): Promise<number> {
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      const found = await connection.askSoon(about, (_docker, abortSignal) => exec.inspect({ abortSignal }));
      if (!found.Running) return found.ExitCode ?? KILLED;
      // Only now and then: the exec itself is nearly always right.
      if (pauseMs === 500 && !(await isRunning(connection, id, about))) return KILLED;
    } catch (error) {
      if (error instanceof NotFoundError) return KILLED;
      throw error;
    }
    await sleep(pauseMs, undefined, signal ? { signal } : {});
  }
}

async function isRunning(connection: Connection, id: string, about: About): Promise<boolean> {
  const found = await connection.askSoon(about, (docker, abortSignal) =>
    docker.getContainer(id).inspect({ abortSignal }),
  );
  return found.State.Running;
}
