import { ConflictError, EngineUnreachableError, NotFoundError, SandboxError, UsageError } from '../../errors/index.js';
import { type LogPositions, NodeLogs } from '../../node/index.js';
import { pause } from '../pause.js';
import type { ChosenNode } from '../target.js';
import { type LogLine, type LogsRequest, type LookContext, type NodeEntry, readEntries, toLine } from './read.js';
import { Window } from './window.js';

export interface FollowTimes {
  /** How long a line waits for older ones of other nodes. */
  readonly windowMs: number;
  /** How often a node that does not run is looked at. */
  readonly pauseMs: number;
}

const TIMES: FollowTimes = { windowMs: 400, pauseMs: 1000 };

/**
 * What readLogs gives, then what comes. A node that stops is waited for, one that is removed is left out; ends when no
 * node is left.
 * @throws the signal's reason, UsageError for `grep`, EngineUnreachableError
 */
export async function* followLogs(
  context: LookContext & { readonly signal: AbortSignal },
  nodes: readonly ChosenNode[],
  request: LogsRequest,
  times: FollowTimes = TIMES,
): AsyncGenerator<LogLine> {
  const positions = new Map<string, LogPositions>(nodes.map(({ name }) => [name, new Map()]));
  for await (const entry of readEntries(context, nodes, request, positions)) yield toLine(entry);

  const given = new AbortController();
  const signal = AbortSignal.any([context.signal, given.signal]);
  const window = new Window<NodeEntry>(times.windowMs);
  const attended = Promise.all(
    nodes.map((node) =>
      attend({ ...context, signal }, node, request, {
        positions: positions.get(node.name) ?? new Map(),
        pauseMs: times.pauseMs,
        push: (entry) => window.push(entry),
      }),
    ),
  ).finally(() => window.close());
  attended.catch(() => undefined);
  try {
    for await (const entry of window.items(signal)) yield toLine(entry);
    await attended;
  } finally {
    given.abort();
  }
}

interface Attendance {
  readonly positions: LogPositions;
  readonly pauseMs: number;
  readonly push: (entry: NodeEntry) => Promise<void>;
}

/** One node for as long as it is there, through stops and starts. */
async function attend(
  context: LookContext & { readonly signal: AbortSignal },
  node: ChosenNode,
  request: LogsRequest,
  { positions, pauseMs, push }: Attendance,
): Promise<void> {
  const { engines, signal } = context;
  const notice = (message: string): void => context.report({ type: 'notice', level: 'warning', message });
  const logs = new NodeLogs(engines.on(node.host), node.container, positions);
  const { grep, level } = request;
  while (await untilRunning(context, node, pauseMs)) {
    try {
      for await (const entry of logs.follow({ services: node.services, grep, level }, signal)) {
        await push({ ...entry, node: node.name });
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SandboxError)) throw error;
      if (error instanceof UsageError || error instanceof EngineUnreachableError) throw error;
      // Stopped between the look and the call.
      if (!(error instanceof ConflictError)) {
        notice(`the logs of ${node.name} are not followed: ${error.message}`);
        return;
      }
    }
    signal.throwIfAborted();
    // The engine may still take a node for running whose processes are gone.
    await pause(pauseMs, signal);
  }
}

/** @returns false when the node was removed */
async function untilRunning(
  { engines, report, signal }: LookContext & { readonly signal: AbortSignal },
  node: ChosenNode,
  pauseMs: number,
): Promise<boolean> {
  for (let told = false; ; ) {
    const state = await stateOf();
    if (state === 'running' || state === undefined) return state === 'running';
    if (!told) {
      const message = `${node.name} is ${state}: its logs go on when it runs`;
      report({ type: 'notice', level: 'warning', message });
      told = true;
    }
    await pause(pauseMs, signal);
  }

  async function stateOf(): Promise<string | undefined> {
    try {
      return (await engines.on(node.host).containers.inspect(node.container)).state;
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}
