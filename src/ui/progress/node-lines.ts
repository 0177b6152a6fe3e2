import type { ServiceState } from '../../events/index.js';
import { displayWidth, padEnd, truncate } from '../width.js';

type Services = ReadonlyMap<string, ServiceState>;

/** A line per node: `master1  namenode ready · hmaster starting`. */
export function nodeLines(nodes: ReadonlyMap<string, Services>, columns: number): string[] {
  const width = Math.max(0, ...[...nodes.keys()].map(displayWidth));
  return [...nodes].map(([node, services]) => `${padEnd(node, width)}  ${servicesLine(services, columns - width - 2)}`);
}

/** When not all fits, the ready ones are counted: what isn't ready is what one waits for. */
export function servicesLine(services: Services, columns: number): string {
  const all = [...services].map(([service, state]) => `${service} ${state}`).join(' · ');
  if (displayWidth(all) <= columns) return all;
  const ready = [...services.values()].filter((state) => state === 'ready').length;
  const others = [...services]
    .filter(([, state]) => state !== 'ready')
    .map(([service, state]) => `${service} ${state}`);
  return truncate([`${ready} of ${services.size} ready`, ...others].join(' · '), columns);
}
