import type { Engines } from '../engine/index.js';
import { ServiceFailedError, TimedOutError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import { NodeAgent, type ServiceStatus, type Waiter } from '../node/index.js';
import type { PlannedNode, PlannedService } from '../plan/index.js';
import { lastLines, logsHint, serviceFailed } from './service-failed.js';
import { forAll } from './settle.js';

/** State of each service that was waited for, by node. */
export type ReadyServices = ReadonlyMap<string, readonly ServiceStatus[]>;

export interface StartedNode {
  readonly plan: PlannedNode;
  readonly host: string;
  readonly container: string;
}

/** A node whose services are waited for: one that was just made, or one that has been there. */
export interface AwaitedNode extends Omit<StartedNode, 'plan'> {
  readonly plan: {
    readonly name: string;
    readonly services: readonly Pick<PlannedService, 'name' | 'log' | 'hint'>[];
  };
}

/**
 * Waits, inside every node at once, until each service of the sandbox is ready.
 * @throws ServiceFailedError as soon as one has failed; TimedOutError; both with the last lines of a log
 */
export async function waitUntilReady<N extends AwaitedNode>(
  engines: Engines,
  nodes: readonly N[],
  options: {
    readonly sandbox: string;
    readonly timeoutMs: number;
    readonly report: Report;
    readonly signal?: AbortSignal | undefined;
    /** Who waits in a node; its agent when absent. */
    readonly waiter?: ((node: N) => Waiter) | undefined;
    /** Whether the sandbox will still be there when one is not ready. */
    readonly stays: boolean;
  },
): Promise<ReadyServices> {
  const latest = new Map<string, ServiceStatus>();
  const enough = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, enough.signal]) : enough.signal;
  const unready: { node: N; outcome: 'failed' | 'timed-out' }[] = [];

  await forAll(nodes, async (node) => {
    const agent = options.waiter?.(node) ?? new NodeAgent(engines.on(node.host), node.container);
    try {
      const outcome = await agent.wait(
        options.timeoutMs,
        (change) => {
          const { name: service, state, detail } = change;
          latest.set(`${node.plan.name}/${service}`, change);
          options.report({ type: 'service', node: node.plan.name, service, state, detail });
        },
        signal,
      );
      if (outcome === 'ready') return;
      unready.push({ node, outcome });
      if (outcome === 'failed') enough.abort();
    } catch (error) {
      // Waiting for the others has no use once one has failed; that one is reported below.
      if (!enough.signal.aborted) throw error;
    }
  });
  options.signal?.throwIfAborted();

  const worst = unready.find(({ outcome }) => outcome === 'failed') ?? unready[0];
  if (worst) throw await explain(engines, worst.node, worst.outcome, latest, options);
  return new Map(
    nodes.map(({ plan: { name, services } }) => [
      name,
      services.flatMap((service) => latest.get(`${name}/${service.name}`) ?? []),
    ]),
  );
}

async function explain(
  engines: Engines,
  node: AwaitedNode,
  outcome: 'failed' | 'timed-out',
  latest: ReadonlyMap<string, ServiceStatus>,
  { sandbox, timeoutMs, stays }: { readonly sandbox: string; readonly timeoutMs: number; readonly stays: boolean },
): Promise<ServiceFailedError | TimedOutError> {
  const look = stays ? `look at it: bdsandbox status ${sandbox}` : 'keep it to look inside with --keep';
  const wanted = outcome === 'failed' ? 'failed' : 'starting';
  const culprit = node.plan.services.find(({ name }) => latest.get(`${node.plan.name}/${name}`)?.state === wanted);
  const change = culprit && latest.get(`${node.plan.name}/${culprit.name}`);
  if (!culprit || !change) {
    return outcome === 'failed'
      ? new ServiceFailedError(`the agent of ${node.plan.name} failed`, look)
      : new TimedOutError(`${node.plan.name} was not ready in time`, 'give it longer with --timeout');
  }
  const place = { engine: engines.on(node.host), container: node.container, node: node.plan.name, log: culprit.log };
  // One that ends again and again is never seen as failed, and waiting longer does not help it.
  if (outcome === 'failed' || change.detail.startsWith('ended with')) {
    return serviceFailed(place, change, stays ? logsHint(`${sandbox}/${node.plan.name}`, culprit.name) : look);
  }
  const hint = `${culprit.hint === '' ? '' : `${culprit.hint}; `}${look}`;
  return new TimedOutError(
    `${culprit.name} on ${node.plan.name} was not ready within ${Math.round(timeoutMs / 1000)} s: ${change.detail}`,
    `give it longer with --timeout, or ${hint}`,
    { details: await lastLines(place, culprit.name) },
  );
}
