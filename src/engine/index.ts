import type { DockerEnginesOptions } from './docker/index.js';
import type { Engines } from './port.js';

export type * from './port.js';

/** Docker's engines; loaded at the call, since its client takes longer to load than most commands take to run. */
export async function createDockerEngines(options: DockerEnginesOptions): Promise<Engines> {
  return (await import('./docker/index.js')).createDockerEngines(options);
}
