import type { Engines } from '../../engine/index.js';
import type { NodeService } from '../model.js';
import { inspectServices } from '../status.js';
import type { FoundServices } from './find.js';

export interface ServiceOnNode extends NodeService {
  readonly node: string;
}

/** Asked in each node now. Those of a node that does not run are stopped. */
export async function listServices(engines: Engines, { places }: FoundServices): Promise<ServiceOnNode[]> {
  const containers = [...new Set(places.map(({ container }) => container))];
  const answers = await Promise.all(containers.map((container) => inspectServices(engines, container)));
  return places.flatMap(({ container, node, service }) =>
    (answers[containers.indexOf(container)] ?? [])
      .filter(({ name }) => name === service)
      .map((status) => ({ node, ...status })),
  );
}
