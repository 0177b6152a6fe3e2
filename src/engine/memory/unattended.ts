import type { Readable } from 'node:stream';
import { mountedFiles } from './mounts.js';
import { emptyInput } from './programs.js';
import type { MemoryContainer, World } from './world.js';

const KILLED = 137;

/** A command that the engine runs by itself. Its exit code; undefined when no test registered it. */
export async function runUnattended(
  world: World,
  container: MemoryContainer,
  command: readonly string[],
  take: (stream: 'stdout' | 'stderr', output: string | Buffer) => Promise<void>,
  stdin: Readable = emptyInput(),
): Promise<number | undefined> {
  const program = world.programs.find(command);
  if (!program) return undefined;
  try {
    const exitCode = await program({
      command,
      environment: container.environment,
      workingDirectory: undefined,
      stdin,
      container: { id: container.id, name: container.spec.name, labels: container.labels },
      files: mountedFiles(world, container),
      killed: container.run.signal,
      stdout: (output) => take('stdout', output),
      stderr: (output) => take('stderr', output),
    });
    return exitCode ?? 0;
  } catch {
    return KILLED;
  }
}
