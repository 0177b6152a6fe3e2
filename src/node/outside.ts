import type { Engine } from '../engine/index.js';
import { protocol } from './agent.js';
import type { ProcessesOutside } from './protocol.js';
import { BARE } from './rights.js';

const OUTSIDE = '/usr/lib/bdsandbox/outside';

/**
 * Processes that no live snapshot of the node has; none where the image is older than the question. Without capabilities
 * from the start: Perl looks for its modules where services may write.
 */
export async function processesOutside(engine: Engine, container: string): Promise<ProcessesOutside> {
  const { exitCode, stdout } = await engine.containers.exec(container, [...BARE, OUTSIDE]);
  if (exitCode !== 0) return { processes: [], more: 0 };
  return (await protocol()).outsideSchema.parse(JSON.parse(stdout));
}
