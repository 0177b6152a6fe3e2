import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { Engine } from '../engine/index.js';
import { NotFoundError } from '../errors/index.js';
import type { FilesTar } from '../evidence/index.js';
import type { RecordedChange } from '../sandbox/index.js';
import type { Manifest } from './manifest.js';

const MOST_EVENTS = 200;
/** Written by the nodes' own scripts: services that started and ended. */
const EVENTS_FILE = '/var/log/bdsandbox/events.jsonl';

export interface NodeEvent {
  readonly at: string;
  readonly node: string;
}

/** First page of the evidence: the manifest without what is of no use to a reader. */
export function aboutOf({ evidence: _, changes: __, ...about }: Manifest): object {
  return about;
}

/**
 * Config and logs as they were at the moment, from a container of the node's image that was never started. The folder
 * with the plan comes first.
 */
export function filesOfImage(engine: Engine, container: string, plan: Manifest['plan']): FilesTar[] {
  const logs = plan.nodes.flatMap((node) => node.services.map(({ log }) => posix.dirname(log)));
  const folders = [
    '/etc/bdsandbox',
    ...plan.components.map(({ name }) => `/etc/${name}`),
    ...new Set(['/var/log/bdsandbox', ...logs]),
  ];
  return folders.map((folder) => ({
    prefix: posix.dirname(folder),
    tar: Readable.from(archive(engine, container, folder), { objectMode: false }),
  }));
}

/** Opened when it is read: the engine locks a container while it sends an archive of it, so a second would wait for ever. */
async function* archive(engine: Engine, container: string, folder: string): AsyncGenerator<Buffer> {
  try {
    yield* await engine.containers.readArchive(container, folder);
  } catch (error) {
    // A component without config, a node without that service.
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/** The last events of all nodes and what was done to the sandbox, in the order of time. */
export async function eventsOf(
  nodes: Parameters<typeof readEvents>[0],
  changes: readonly RecordedChange[],
): Promise<object[]> {
  return inOrder(await readEvents(nodes), changes);
}

/** The last events of all nodes. */
export async function readEvents(
  nodes: readonly { readonly name: string; readonly engine: Engine; readonly container: string }[],
): Promise<NodeEvent[]> {
  const written = await Promise.all(
    nodes.map(async ({ name, engine, container }) => {
      const file = await engine.containers.readFile(container, EVENTS_FILE).catch(() => undefined);
      const lines = (file?.toString() ?? '').split('\n').slice(-MOST_EVENTS - 1);
      return lines.flatMap((line) => readEvent(name, line));
    }),
  );
  return written.flat();
}

/** The last of them, together with what was done to the sandbox. */
export function inOrder(events: readonly NodeEvent[], changes: readonly RecordedChange[]): object[] {
  return [...events, ...changes].sort((a, b) => a.at.localeCompare(b.at)).slice(-MOST_EVENTS);
}

function readEvent(node: string, line: string): NodeEvent[] {
  try {
    const event: unknown = JSON.parse(line);
    const at = Object(event).at;
    return typeof at === 'string' ? [{ ...Object(event), at, node }] : [];
  } catch {
    // Half a line, written while the node was taken.
    return [];
  }
}
