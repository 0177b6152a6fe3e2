import type { SetValues, ValueChange } from '../sandbox/index.js';
import { prose, type TableOptions } from '../ui/index.js';

/** Per file what changed, and on which nodes where it is not on all alike; then what became of the services. */
export function changedValues({ sandbox, changes, restarted, pending }: SetValues, options: TableOptions = {}): string {
  if (changes.length === 0) return `${sandbox} has these values already; no service was restarted.`;
  const byFile = Map.groupBy(changes, ({ path }) => path);
  const files = [...byFile]
    .flatMap(([path, values]) => [path, ...values.map(valueLine)])
    .map((line) => prose(line, { indent: 4, ...options }));
  const services = pending.map((key) => key.slice(key.indexOf('/') + 1));
  return [
    ...files,
    ...(restarted.length === 0 ? [] : [prose(`Restarted ${restarted.join(', ')}.`, { indent: 2, ...options })]),
    ...(pending.length === 0
      ? []
      : [
          `Still with the old values: ${pending.join(', ')}; bdsandbox service restart ${sandbox} ${[...new Set(services)].join(' ')}`,
        ]),
    ...(restarted.length + pending.length === 0 ? ['No running service reads it.'] : []),
  ].join('\n');
}

function valueLine({ key, before, after, nodes }: ValueChange): string {
  return `  ${key}: ${shown(before)} → ${shown(after)}  (${nodes.join(', ')})`;
}

function shown(value: string | null): string {
  if (value === null) return 'not set';
  return value === '' ? "''" : value;
}
