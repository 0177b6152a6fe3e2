import { NotFoundError, SandboxError } from '../errors/index.js';
import { type NodeEvent, readEvents } from '../node/index.js';
import { type RecordedChange, readRecord, type SandboxRecord } from '../sandbox/index.js';
import type { LookContext } from './logs/read.js';
import { pause } from './pause.js';

/** What `--json` prints; docs/reference/json.md. */
export interface SandboxEvent {
  /** UTC ISO 8601 */
  readonly at: string;
  /** The sandbox it happened to: an ancestor's name for what is older than the snapshot it was restored from. */
  readonly sandbox: string | null;
  /** Null for what was done to the sandbox as a whole. */
  readonly node: string | null;
  readonly service: string | null;
  /** e.g. "created", "snapshot taken", "started", "ended" */
  readonly what: string;
  /** Who did it, through bdsandbox; null for what nodes noted themselves. */
  readonly by: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

interface EventSource {
  /** In the order in which they were written. */
  read(): Promise<SandboxEvent[]>;
}

const EVENTS_FILE = '/var/log/bdsandbox/events.jsonl';
const PAUSE_MS = 1000;

export interface EventsRequest {
  /** UTC ISO 8601 with milliseconds */
  readonly since?: string | undefined;
  /** The last ones; all when absent. */
  readonly last?: number | undefined;
}

/** In the order of time, whatever state the nodes are in. What cannot be read is told of in a notice. */
export async function readSandboxEvents(
  context: LookContext,
  record: SandboxRecord,
  request: EventsRequest,
): Promise<SandboxEvent[]> {
  const events = await Promise.all(sourcesOf(context, record).map((source) => readOrTell(context, source)));
  return chosen(events.flat(), request);
}

/** What readSandboxEvents gives, then what comes; ends when the sandbox is removed. @throws the signal's reason */
export async function* followSandboxEvents(
  context: LookContext & { readonly signal: AbortSignal },
  record: SandboxRecord,
  request: EventsRequest,
  pauseMs = PAUSE_MS,
): AsyncGenerator<SandboxEvent> {
  const sources = sourcesOf(context, record);
  const known = new Map<EventSource, number>();
  for (let wanted: EventsRequest | undefined = request; ; wanted = undefined) {
    const fresh: SandboxEvent[] = [];
    let gone = 0;
    for (const source of sources) {
      const all = await source.read().catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) throw error;
        gone += 1;
        return undefined;
      });
      if (!all) continue;
      const before = known.get(source) ?? 0;
      // Fewer than before: a cluster from a golden snapshot begins its record anew.
      fresh.push(...all.slice(all.length < before ? 0 : before));
      known.set(source, all.length);
    }
    yield* chosen(fresh, wanted ?? {});
    if (gone === sources.length) return;
    await pause(pauseMs, context.signal);
  }
}

function sourcesOf({ engines }: LookContext, { containers, sandbox }: SandboxRecord): EventSource[] {
  const [first] = containers;
  return [
    ...(first
      ? [
          {
            read: async () => {
              const { changes } = await readRecord(engines.on(first.host), first.summary.id);
              return changes.map(fromChange);
            },
          },
        ]
      : []),
    ...containers.map(({ host, summary }, index) => ({
      read: async () => {
        const node = sandbox.nodes[index]?.name ?? summary.name;
        const content = await engines.on(host).containers.readFile(summary.id, EVENTS_FILE);
        return readEvents(node, content).map(fromNode);
      },
    })),
  ];
}

async function readOrTell({ report }: LookContext, source: EventSource): Promise<SandboxEvent[]> {
  try {
    return await source.read();
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    report({ type: 'notice', level: 'warning', message: `some events cannot be read: ${error.message}` });
    return [];
  }
}

function chosen(events: readonly SandboxEvent[], { since, last }: EventsRequest): SandboxEvent[] {
  const sorted = events.filter(({ at }) => isSince(at, since)).sort(byTime);
  return last === undefined ? sorted : sorted.slice(Math.max(0, sorted.length - last));
}

/** Nodes note whole seconds, changes have milliseconds. */
function byTime(a: SandboxEvent, b: SandboxEvent): number {
  return Date.parse(a.at) - Date.parse(b.at);
}

/** Users may write into their nodes: what has no real time is left out. */
function isSince(at: string, since: string | undefined): boolean {
  return Date.parse(at) >= (since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since));
}

function fromChange({ at, what, by, sandbox, ...details }: RecordedChange): SandboxEvent {
  return { at, sandbox, node: null, service: null, what, by, details };
}

function fromNode({ at, node, service, what, ...details }: NodeEvent): SandboxEvent {
  return {
    at,
    sandbox: null,
    node,
    service: typeof service === 'string' ? service : null,
    what: typeof what === 'string' ? what : '',
    by: null,
    details,
  };
}
