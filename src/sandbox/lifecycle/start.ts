import type { Engines } from '../../engine/index.js';
import { FailedError, NotFoundError } from '../../errors/index.js';
import { recordChange } from '../change.js';
import type { NodeContainer, SandboxRecord } from '../inventory.js';
import { LABELS } from '../labels.js';
import { plannedOf } from '../planned.js';
import type { FlowContext } from '../raise.js';
import { type ReadyServices, waitUntilReady } from '../ready.js';
import { forAll } from '../settle.js';
import { sandboxWith } from '../status.js';
import { type Lifecycle, type Turn, turnEach } from './each.js';
import { resumeNodes } from './pause.js';

export interface StartRequest {
  readonly wait: boolean;
  /** The plan's own time when absent. */
  readonly timeoutMs?: number | undefined;
}

/** Of a node that has just begun. */
const GRACE_MS = 10_000;

/**
 * Starts the nodes, and waits for the services, which begin with the files that are there. Nodes keep their addresses;
 * ports on the host that were not fixed may be others. What runs is left alone, what is paused goes on.
 * @throws PortTakenError and the like: what this run started is stopped again; ServiceFailedError, TimedOutError: not
 */
export function startSandboxes(
  context: FlowContext,
  records: readonly SandboxRecord[],
  request: StartRequest,
): Promise<Lifecycle> {
  return turnEach(context, 'Start', records, async (turn) => {
    const { record, step, report } = turn;
    const planned = Number(record.containers[0]?.summary.labels[LABELS.nodeCount]);
    if (record.containers.length < planned) {
      const message = `${record.sandbox.name}: ${planned - record.containers.length} of its ${planned} nodes are gone`;
      report({ type: 'notice', level: 'warning', message });
    }
    const idle = record.containers.filter(({ summary: { state } }) => state !== 'running' && state !== 'paused');
    step.progress('nodes');
    await startNodes(context.engines, record, idle);
    const resumed = await resumeNodes(context.engines, record);
    const changed = idle.length > 0 || resumed;
    if (changed) await recordChange(context, record, { what: 'started' });
    if (!request.wait) return { changed };
    step.progress('services');
    const ready = await waitForServices(context, turn, request);
    return { changed, sandbox: (now) => sandboxWith(now, ready) };
  });
}

async function startNodes(engines: Engines, record: SandboxRecord, nodes: readonly NodeContainer[]): Promise<void> {
  const started: NodeContainer[] = [];
  try {
    await forAll(nodes, async (node) => {
      await engines.on(node.host).containers.start(node.summary.id);
      started.push(node);
    });
  } catch (error) {
    // Half a cluster is of no use: its services would wait for the others, and give up.
    await Promise.allSettled(
      started.map(({ host, summary }) => engines.on(host).containers.stop(summary.id, { graceMs: GRACE_MS })),
    );
    throw withoutNetwork(record, error) ?? error;
  }
}

/** `docker network prune` takes the network of a stopped sandbox for unused. */
function withoutNetwork({ sandbox: { name } }: SandboxRecord, cause: unknown): FailedError | undefined {
  if (!(cause instanceof NotFoundError && /network/i.test(cause.message))) return undefined;
  return new FailedError(
    `the network of ${name} is gone, so it cannot be started: ${cause.message}`,
    `its files can still be had: bdsandbox cp ${name}:PATH .`,
    { cause },
  );
}

async function waitForServices(context: FlowContext, turn: Turn, request: StartRequest): Promise<ReadyServices> {
  const { record, report } = turn;
  const { name } = record.sandbox;
  const planned = await plannedOf(context.engines, record);
  const ready = await waitUntilReady(context.engines, planned.nodes, {
    sandbox: name,
    timeoutMs: request.timeoutMs ?? planned.readyTimeoutMs,
    report,
    signal: context.signal,
    stays: true,
  });
  const stopped = [...ready].flatMap(([node, services]) =>
    services.filter(({ state }) => state === 'stopped').map((service) => `${service.name} of ${node}`),
  );
  if (stopped.length > 0) {
    const message = `stopped on request, and still is: ${stopped.join(', ')}; bdsandbox service start ${name} --all`;
    report({ type: 'notice', level: 'warning', message });
  }
  return ready;
}
