import type { Manifest } from './manifest.js';

/** What is here on a snapshot's account alone. */
export interface OwnSizes {
  /** What its sandbox had written since it was created or restored. */
  readonly layerBytes: number;
  readonly memoryBytes: number;
  readonly evidenceBytes: number;
  /** Sum of the three. */
  readonly ownBytes: number;
}

export function ownSizes({ nodes, evidence }: Pick<Manifest, 'nodes' | 'evidence'>): OwnSizes {
  const layerBytes = nodes.reduce((sum, node) => sum + node.layerBytes, 0);
  const memoryBytes = nodes.reduce((sum, node) => sum + node.memoryBytes, 0);
  const evidenceBytes = evidence?.bytes ?? 0;
  return { layerBytes, memoryBytes, evidenceBytes, ownBytes: layerBytes + memoryBytes + evidenceBytes };
}
