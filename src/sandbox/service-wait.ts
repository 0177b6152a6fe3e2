import { ConflictError, FailedError, NotFoundError } from '../errors/index.js';
import { NodeAgent, type ServiceStatus } from '../node/index.js';
import type { Condition } from './condition.js';
import type { NodeContainer, SandboxRecord } from './inventory.js';
import { LABELS } from './labels.js';
import { noNode, noService } from './not-there.js';
import { logsHint, serviceFailed } from './service-failed.js';
import { forAll } from './settle.js';
import type { Watch } from './wait.js';

/** Services of one node, and the state that all of them are to reach. */
interface Wanted {
  readonly sandbox: string;
  readonly node: string;
  readonly container: NodeContainer;
  readonly services: readonly string[];
  readonly state: 'ready' | 'stopped';
}

/**
 * Waits inside the nodes where their agents can: that is sooner, and costs less, than asking again and again.
 * @throws ServiceFailedError, NotFoundError for a service that no node has
 */
export async function servicesReach(watch: Watch, condition: Condition): Promise<void> {
  for (;;) {
    const record = await watch.look();
    const wanted = select(record, condition);
    let why = whatIsMissing(record, wanted);
    if (why === undefined) {
      const enough = new AbortController();
      const signal = AbortSignal.any([watch.signal, enough.signal]);
      const missing = await forAll(wanted, async (each) => {
        try {
          return await whyNot(watch, each, signal);
        } catch (error) {
          enough.abort(error);
          throw error;
        }
      }).catch((error: unknown) => {
        // Of several nodes the one that failed tells, not those that were given up for it.
        throw enough.signal.aborted ? enough.signal.reason : error;
      });
      why = missing.find((each) => each !== undefined);
      if (why === undefined) return;
    }
    watch.note(why);
    await watch.pause();
  }
}

function select(record: SandboxRecord, condition: Condition): Wanted[] {
  const { sandbox, containers } = record;
  const all = containers.map((container, index) => ({
    sandbox: sandbox.name,
    container,
    node: sandbox.nodes[index]?.name ?? '',
    services: container.services.map(({ name }) => name),
  }));
  if (condition.kind !== 'service') return all.map((each) => ({ ...each, state: 'ready' as const }));
  const { node, service, state } = condition;
  const found = all
    .filter((each) => each.services.includes(service) && (node === undefined || each.node === node))
    .map((each) => ({ ...each, services: [service], state }));
  // While it is made, the node may still come.
  if (found.length > 0 || sandbox.state === 'creating') return found;
  const there = all.filter((each) => node === undefined || each.node === node);
  if (node !== undefined && there.length === 0) throw noNode(record, node, 'service');
  throw noService(
    node === undefined ? sandbox.name : `${sandbox.name}/${node}`,
    service,
    there.flatMap(({ services }) => services),
  );
}

/** undefined when all that is waited for can be asked. */
function whatIsMissing({ sandbox, containers }: SandboxRecord, wanted: readonly Wanted[]): string | undefined {
  if (sandbox.state === 'creating') return 'is being made';
  const planned = Number(containers[0]?.summary.labels[LABELS.nodeCount]);
  if (containers.length < planned) return `${planned - containers.length} of its nodes are missing`;
  const down = wanted.find(({ container }) => container.summary.state !== 'running');
  return down && `${down.node} is ${down.container.summary.state}`;
}

/** Why a node has to be asked again later; undefined when its services are as they should. */
async function whyNot(watch: Watch, wanted: Wanted, signal: AbortSignal): Promise<string | undefined> {
  const { container, node, services, state } = wanted;
  const agent = new NodeAgent(watch.context.engines.on(container.host), container.summary.id);
  const latest = new Map<string, ServiceStatus>();
  const reached = (): boolean => services.every((name) => latest.get(name)?.state === state);
  const failed = (): ServiceStatus | undefined =>
    services.flatMap((name) => latest.get(name) ?? []).find((each) => each.state === 'failed');
  const hear = (change: ServiceStatus): void => {
    latest.set(change.name, change);
    watch.context.report({
      type: 'service',
      node,
      service: change.name,
      state: change.state,
      detail: change.detail,
    });
  };
  try {
    if (state === 'ready') await listen(agent, watch.endsAt, hear, () => reached() || failed() !== undefined, signal);
    // The agent's wait ends early when another service failed, and does not wait for one that is stopped.
    if (!reached() && !failed()) for (const each of await agent.services()) hear(each);
  } catch (error) {
    signal.throwIfAborted();
    // The node was stopped, paused or removed: the next look tells.
    if (!(error instanceof FailedError || error instanceof ConflictError || error instanceof NotFoundError))
      throw error;
    return `${node}: ${error.message}`;
  }
  signal.throwIfAborted();
  const culprit = failed();
  if (culprit) {
    const engine = watch.context.engines.on(container.host);
    const place = { engine, container: container.summary.id, node, log: culprit.name };
    throw await serviceFailed(place, culprit, logsHint(`${wanted.sandbox}/${node}`, culprit.name));
  }
  if (reached()) return undefined;
  const name = services.find((each) => latest.get(each)?.state !== state) ?? '';
  const last = latest.get(name);
  return `${name} on ${node} is ${last ? `${last.state}: ${last.detail}` : 'not known to the node'}`;
}

/** Until `isEnough`, or the agent's own end. */
async function listen(
  agent: NodeAgent,
  endsAt: number,
  hear: (change: ServiceStatus) => void,
  isEnough: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const enough = new AbortController();
  const onChange = (change: ServiceStatus): void => {
    hear(change);
    if (isEnough()) enough.abort();
  };
  try {
    await agent.wait(endsAt - performance.now(), onChange, AbortSignal.any([signal, enough.signal]));
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  }
}
