import { displayWidth, padEnd, truncate, wrap } from '../width.js';
import type { ServiceProgress } from './flow-state.js';

type Services = ReadonlyMap<string, ServiceProgress>;

const IN_ORDER = new Intl.Collator('en', { numeric: true }).compare;

/**
 * `master1  2 of 3 ready · namenode: safe mode, 1 of 3 DataNodes`. In the order of their names, not in that in which they
 * spoke; what one waits for goes on in the lines below.
 */
export function nodeLines(nodes: ReadonlyMap<string, Services>, columns: number): string[] {
  const width = Math.max(0, ...[...nodes.keys()].map(displayWidth));
  const room = columns - width - 2;
  return [...nodes]
    .toSorted(([one], [other]) => IN_ORDER(one, other))
    .flatMap(([node, services]) => {
      const lines = wrap(
        allButReady(services, ({ state, detail }) => (detail === '' ? ` ${state}` : `: ${detail}`)),
        room,
      );
      return lines.map((line, index) => `${padEnd(index === 0 ? node : '', width)}  ${truncate(line, room)}`);
    });
}

/** One line for a log. When not all fits, the ready ones are counted: what isn't ready is what one waits for. */
export function servicesLine(services: Services, columns: number): string {
  const all = [...services].map(([service, { state }]) => `${service} ${state}`).join(' · ');
  if (displayWidth(all) <= columns) return all;
  return truncate(
    allButReady(services, ({ state }) => ` ${state}`),
    columns,
  );
}

function allButReady(services: Services, say: (service: ServiceProgress) => string): string {
  const others = [...services].filter(([, { state }]) => state !== 'ready');
  const ready = services.size - others.length;
  const count = ready === services.size ? `${ready} ready` : `${ready} of ${services.size} ready`;
  return [count, ...others.map(([service, progress]) => `${service}${say(progress)}`)].join(' · ');
}
