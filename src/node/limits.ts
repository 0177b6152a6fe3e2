import type { Engine } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import { protocol } from './agent.js';
import type { NodeLimits } from './protocol.js';

const LIMITS = '/usr/lib/bdsandbox/limits';

/** undefined where the image is older than the question. */
export async function nodeLimits(engine: Engine, container: string): Promise<NodeLimits | undefined> {
  const { exitCode, stdout, stderr } = await engine.containers.exec(container, [LIMITS]);
  if (exitCode === 0) return (await protocol()).limitsSchema.parse(JSON.parse(stdout));
  if (exitCode === 126 || exitCode === 127) return undefined;
  throw new FailedError(`the limits cannot be told: ${stderr.trim()}`, 'build the image again: bdsandbox images build');
}
