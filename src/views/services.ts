import type { ChangedServices, ServiceOnNode } from '../sandbox/index.js';
import { ago, type Column, table } from '../ui/index.js';

export const SERVICE_COLUMNS: readonly Column[] = [
  'NODE',
  'SERVICE',
  'STATE',
  { title: 'PID', drop: 1 },
  { title: 'SINCE', drop: 2 },
  { title: 'DETAIL', flexible: 'wrap' },
];

export function serviceTable(services: readonly ServiceOnNode[]): Promise<string> {
  return table(
    SERVICE_COLUMNS,
    services.map(({ node, name, state, pid, since, detail }, index) => [
      services[index - 1]?.node === node ? '' : node,
      name,
      state,
      pid === null ? '-' : String(pid),
      since === null ? '-' : ago(since),
      detail,
    ]),
  );
}

const DONE = { start: 'Started', stop: 'Stopped', restart: 'Restarted' } as const;

/** A line for each service: where something was done, and where there was nothing to do. */
export function changedServices({ action, changed, unchanged, services }: ChangedServices): string {
  const line = (verb: string, keys: readonly string[]) => (name: string) => {
    const mine = services.filter((service) => service.name === name && keys.includes(`${service.node}/${name}`));
    const nodes = mine.map(({ node }) => node);
    const states = [...new Set(mine.map(({ state }) => state))];
    return nodes.length === 0 ? [] : [`${verb} ${name} of ${nodes.join(', ')}: ${states.join(', ')}`];
  };
  const names = [...new Set(services.map(({ name }) => name))];
  const already = action === 'stop' ? 'Not running before:' : 'Running already:';
  return [...names.flatMap(line(DONE[action], changed)), ...names.flatMap(line(already, unchanged))].join('\n');
}
