import type { Engine } from '../engine/index.js';
import { protocol } from './agent.js';
import type { ProcessesOutside } from './protocol.js';

const OUTSIDE = '/usr/lib/bdsandbox/outside';

/** Processes that no live snapshot of the node has; none where the image is older than the question. */
export async function processesOutside(engine: Engine, container: string): Promise<ProcessesOutside> {
  const { exitCode, stdout } = await engine.containers.exec(container, [OUTSIDE]);
  if (exitCode !== 0) return { processes: [], more: 0 };
  return (await protocol()).outsideSchema.parse(JSON.parse(stdout));
}
