import type { Lifecycle } from '../sandbox/index.js';
import { portTable } from './sandbox.js';
import { shownState } from './state.js';

export function turnedSandboxes({ changed, unchanged }: Lifecycle, done: string, already: string): string {
  if (changed.length + unchanged.length === 0) return 'You have no sandbox.';
  return [
    ...(changed.length === 0 ? [] : [`${done} ${changed.join(', ')}.`]),
    ...unchanged.map((name) => `${name} is ${already}.`),
  ].join('\n');
}

/** Also where things are now: ports that were not fixed are others after a start. */
export async function startedSandboxes(turned: Lifecycle): Promise<string> {
  const { changed, sandboxes } = turned;
  const ports = await Promise.all(
    sandboxes
      .filter(({ name, nodes }) => changed.includes(name) && nodes.some((node) => node.ports.length > 0))
      .map(async (sandbox) => `\n${sandbox.name} is ${shownState(sandbox)}:\n${await portTable(sandbox)}`),
  );
  return [turnedSandboxes(turned, 'Started', 'running already'), ...ports].join('\n');
}
