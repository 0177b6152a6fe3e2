import type { Engines } from '../../engine/index.js';
import { ConflictError, NotFoundError, SandboxError, UsageError } from '../../errors/index.js';
import type { Report } from '../../events/index.js';
import { type LogEntry, type LogPositions, type LogRequest, NodeLogs } from '../../node/index.js';
import type { ChosenNode } from '../target.js';
import { readFiles } from './files.js';
import { mergeByOrder } from './merge.js';

/** What `--json` prints; docs/reference/json.md. */
export interface LogLine {
  /** UTC ISO 8601; null for what came without a time. */
  readonly at: string | null;
  readonly node: string;
  readonly service: string;
  readonly level: string | null;
  /** With the lines that belong to it, such as a stack trace. */
  readonly text: string;
}

export interface LookContext {
  readonly engines: Engines;
  readonly report: Report;
  readonly signal?: AbortSignal;
}

/** `services` are those of each node. */
export type LogsRequest = Omit<LogRequest, 'services' | 'partial'>;

/** An entry with its node, as it is put in order. */
export interface NodeEntry extends LogEntry {
  readonly node: string;
}

/**
 * The logs of all these nodes, merged by time. A node whose logs cannot be read is told of in a notice.
 * @throws UsageError for `grep`
 */
export async function* readLogs(
  context: LookContext,
  nodes: readonly ChosenNode[],
  request: LogsRequest,
): AsyncGenerator<LogLine> {
  for await (const entry of readEntries(context, nodes, request)) yield toLine(entry);
}

/** @param follow positions by node, to be filled: it will be followed from there */
export async function* readEntries(
  context: LookContext,
  nodes: readonly ChosenNode[],
  request: LogsRequest,
  follow?: ReadonlyMap<string, LogPositions>,
): AsyncGenerator<NodeEntry> {
  const { tail } = request;
  const merged = mergeByOrder(
    nodes.map((node) => {
      const own = { ...request, services: node.services, partial: follow === undefined };
      return readNode(context, node, own, follow?.get(node.name) ?? new Map());
    }),
  );
  if (tail === undefined) {
    yield* merged;
    return;
  }
  const last: NodeEntry[] = [];
  for await (const entry of merged) {
    last.push(entry);
    if (last.length > tail) last.shift();
  }
  yield* last;
}

export function toLine({ at, node, service, level, text }: NodeEntry): LogLine {
  return { at, node, service, level, text };
}

async function* readNode(
  context: LookContext,
  node: ChosenNode,
  request: LogRequest,
  positions: LogPositions,
): AsyncGenerator<NodeEntry> {
  const { engines, report, signal } = context;
  try {
    const engine = engines.on(node.host);
    if (node.state === 'running') {
      const logs = new NodeLogs(engine, node.container, positions);
      try {
        for await (const entry of logs.read(request, signal)) yield { ...entry, node: node.name };
        return;
      } catch (error) {
        // Nothing has come yet: its image has no script for it, or it has just been stopped.
        if (!(error instanceof NotFoundError || error instanceof ConflictError)) throw error;
      }
    }
    const entries = await readFiles(engine, node.container, request, positions);
    for (const entry of entries) yield { ...entry, node: node.name };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof SandboxError) || error instanceof UsageError) throw error;
    report({ type: 'notice', level: 'warning', message: `no logs of ${node.name}: ${error.message}` });
  }
}
