import { gigabytes } from '../sandbox/index.js';
import type { Manifest } from './manifest.js';

/** What a cold restore of a snapshot does without: ", without ..." to follow on "from its files"; empty for a cold one. */
export function lossOf({ memory, nodes, createdAt }: Manifest): string {
  if (!memory) return '';
  const processes = nodes.reduce((sum, node) => sum + node.processes, 0);
  const whose = processes === 0 ? 'its processes' : processes === 1 ? 'its process' : `its ${processes} processes`;
  const size = memory.bytes >= 1e8 ? ` (${gigabytes(memory.bytes)})` : '';
  const up = memory.since === '' ? '' : `, up for ${hours(Date.parse(createdAt) - Date.parse(memory.since))},`;
  return `, without the memory${size} of ${whose}${up} and their connections`;
}

function hours(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 60 / 24)} days`;
}
