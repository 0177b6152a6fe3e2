import { posix } from 'node:path';
import type { Engine } from '../engine/index.js';
import { NotFoundError } from '../errors/index.js';
import type { FilesTar } from '../evidence/index.js';
import type { RecordedChange } from '../sandbox/index.js';
import type { Manifest } from './manifest.js';

const MOST_EVENTS = 200;
/** Written by the nodes' own scripts: services that started and ended. */
const EVENTS_FILE = '/var/log/bdsandbox/events.jsonl';

/** First page of the evidence: the manifest without what is of no use to a reader. */
export function aboutOf({ evidence: _, changes: __, ...about }: Manifest): object {
  return about;
}

/**
 * Config and logs as they were at the moment, from a container of the node's image that was never started. The folder
 * with the plan comes first.
 */
export async function filesOfImage(engine: Engine, container: string, plan: Manifest['plan']): Promise<FilesTar[]> {
  const logs = plan.nodes.flatMap((node) => node.services.map(({ log }) => posix.dirname(log)));
  const folders = [
    '/etc/bdsandbox',
    ...plan.components.map(({ name }) => `/etc/${name}`),
    ...new Set(['/var/log/bdsandbox', ...logs]),
  ];
  const archives: FilesTar[] = [];
  for (const folder of folders) {
    try {
      archives.push({ prefix: posix.dirname(folder), tar: await engine.containers.readArchive(container, folder) });
    } catch (error) {
      // A component without config, a node without that service.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return archives;
}

/** The last events of all nodes and what was done to the sandbox, in the order of time. */
export async function eventsOf(
  nodes: readonly { readonly name: string; readonly engine: Engine; readonly container: string }[],
  changes: readonly RecordedChange[],
): Promise<object[]> {
  const written = await Promise.all(
    nodes.map(async ({ name, engine, container }) => {
      const file = await engine.containers.readFile(container, EVENTS_FILE).catch(() => undefined);
      const lines = (file?.toString() ?? '').split('\n').slice(-MOST_EVENTS - 1);
      return lines.flatMap((line) => readEvent(name, line));
    }),
  );
  return [...written.flat(), ...changes.map((change) => ({ ...change, at: change.at }))]
    .sort((a, b) => a.at.localeCompare(b.at))
    .slice(-MOST_EVENTS);
}

function readEvent(node: string, line: string): { at: string; node: string }[] {
  try {
    const event: unknown = JSON.parse(line);
    const at = Object(event).at;
    return typeof at === 'string' ? [{ ...Object(event), at, node }] : [];
  } catch {
    // Half a line, written while the node was taken.
    return [];
  }
}
