import type { TakenSnapshot } from '../snapshot/index.js';
import { bytes, duration } from '../ui/index.js';

export function snapshotSummary(snapshot: TakenSnapshot): string {
  const { name, mode, timings } = snapshot;
  const own = snapshot.nodes.reduce((sum, node) => sum + node.layerBytes + node.memoryBytes, 0);
  return [
    `${name} is kept after ${duration(timings['total'] ?? 0)}: ${mode}, ${bytes(own)}; ${snapshot.sandbox} stood for ${duration(snapshot.frozenMs)} and goes on.`,
    '',
    'Try next:',
    `  bdsandbox snapshots show ${name}`,
    `  bdsandbox restore ${name}`,
    `  bdsandbox snapshots push ${name}`,
  ].join('\n');
}
