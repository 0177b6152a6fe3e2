import { processesOutside } from '../node/index.js';
import { forAll } from '../sandbox/index.js';
import { withoutSecrets } from '../secrets/index.js';
import type { Manifest } from './manifest.js';
import type { Run } from './run.js';

type Outside = Manifest['outside'];

/** Of so many the warning tells the command; the manifest has more. */
const MOST_TOLD = 5;

/** By node: what runs beside its services, which a live snapshot leaves behind. */
export async function outsideOf({ engines, nodes, request }: Run): Promise<Outside> {
  if (request.golden !== undefined || request.mode === 'cold') return [];
  const found = await forAll(nodes, async ({ name, host, container }) => {
    // What is lost is told as far as it is known; no snapshot is given up for it.
    const none = { processes: [], more: 0 };
    const { processes, more } = await processesOutside(engines.on(host), container).catch(() => none);
    return { node: name, processes: withoutSecrets(processes), more };
  });
  return found.filter(({ processes }) => processes.length > 0);
}

/** For the one who takes it. */
export function whatIsMissing(outside: Outside): string {
  const all = outside.flatMap(({ node, processes }) =>
    processes.map(({ pid, command }) => `${node}: ${pid} ${command}`),
  );
  const count = outside.reduce((sum, { processes, more }) => sum + processes.length + more, 0);
  const told = all.slice(0, MOST_TOLD).join('; ');
  const rest = count > MOST_TOLD ? `; and ${count - Math.min(all.length, MOST_TOLD)} more` : '';
  return `not in the snapshot, since only services are: ${told}${rest}`;
}
