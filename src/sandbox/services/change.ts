import type { Engines } from '../../engine/index.js';
import { Flow, type StepTitle } from '../../events/index.js';
import { NodeAgent, type ServiceStatus } from '../../node/index.js';
import { recordChange } from '../change.js';
import type { NodeService } from '../model.js';
import { inStartOrder, nodeName, type Planned, plannedOf } from '../planned.js';
import type { FlowContext } from '../raise.js';
import { waitUntilReady } from '../ready.js';
import { checkComplete } from '../select.js';
import { forAll } from '../settle.js';
import { stopWavesOf } from '../stop-waves.js';
import { checkRunning, type FoundServices, type ServicePlace } from './find.js';
import { listServices, type ServiceOnNode } from './list.js';

export type ServiceAction = 'start' | 'stop' | 'restart';

export interface ServiceChangeRequest {
  readonly action: ServiceAction;
  /** Until they are ready; an end is always waited for. */
  readonly wait: boolean;
  /** The plan's own time when absent. */
  readonly timeoutMs?: number | undefined;
}

export interface ChangedServices {
  readonly sandbox: string;
  readonly action: ServiceAction;
  /** NODE/SERVICE of those that were changed, and of those that were as wanted. */
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** As they are now. */
  readonly services: readonly ServiceOnNode[];
}

const DONE = { start: 'services started', stop: 'services stopped', restart: 'services restarted' } as const;
const TITLES = { start: 'Start services of', stop: 'Stop services of', restart: 'Restart services of' } as const;

/**
 * Stops wave by wave, as a whole sandbox is stopped, then starts all at once; what was done is recorded in the sandbox
 * also when something fails later.
 * @throws ConflictError, ServiceFailedError, TimedOutError
 */
export async function changeServices(
  context: FlowContext,
  found: FoundServices,
  request: ServiceChangeRequest,
): Promise<ChangedServices> {
  const { engines, signal } = context;
  const { action } = request;
  const { record } = found;
  checkComplete(record);
  checkRunning(found);
  const [planned, before] = await Promise.all([plannedOf(engines, record), listServices(engines, found)]);
  const runs = new Set(before.filter(({ state }) => state === 'ready' || state === 'starting').map(keyOf));
  const toStop = action === 'start' ? [] : found.places.filter((place) => runs.has(placeKey(place)));
  const toStart =
    action === 'stop' ? [] : found.places.filter((place) => action === 'restart' || !runs.has(placeKey(place)));
  const waits = action !== 'stop' && request.wait;
  const flow = new Flow(`${TITLES[action]} ${record.sandbox.name}`, stepsOf(toStop, toStart, waits), context.report);
  const done = new Set<string>();
  try {
    for (const [id, places, change] of [
      ['stop', toStop, stopAll],
      ['start', toStart, startAll],
    ] as const) {
      if (places.length > 0) await flow.step(id, () => change(context, byNode(engines, places, planned), done));
    }
  } finally {
    if (done.size > 0) await recordChange(context, record, { what: DONE[action], services: [...done] });
  }
  signal?.throwIfAborted();
  if (waits) await flow.step('ready', () => waitFor(context, found, planned, request));
  const services = await listServices(engines, found);
  const names = found.places.map(placeKey);
  return {
    sandbox: record.sandbox.name,
    action,
    changed: names.filter((name) => done.has(name)),
    unchanged: names.filter((name) => !done.has(name)),
    services,
  };
}

function stepsOf(toStop: readonly ServicePlace[], toStart: readonly ServicePlace[], waits: boolean): StepTitle[] {
  return [
    ...(toStop.length > 0 ? [{ id: 'stop', title: `Stop ${counted(toStop)}` }] : []),
    ...(toStart.length > 0 ? [{ id: 'start', title: `Start ${counted(toStart)}` }] : []),
    ...(waits ? [{ id: 'ready', title: 'Services' }] : []),
  ];
}

function counted({ length }: readonly ServicePlace[]): string {
  return length === 1 ? '1 service' : `${length} services`;
}

/** Services of one node that are to be changed. */
interface NodeServices {
  readonly node: string;
  readonly agent: NodeAgent;
  readonly names: readonly string[];
}

/** @param done grows by what has been stopped, also when another fails */
async function stopAll(context: FlowContext, nodes: readonly NodeServices[], done: Set<string>): Promise<void> {
  const ordered = await forAll(nodes, async (node) => {
    const orders = await node.agent.orders();
    return { ...node, orders: new Map(node.names.map((name) => [name, orders.get(name) ?? 0])) };
  });
  for (const wave of stopWavesOf(ordered)) {
    context.signal?.throwIfAborted();
    await forAll(wave, async ({ node, services }) => {
      await node.agent.stop(services);
      tell(context, node, services, 'stopped', done);
    });
  }
}

/** All at once, as when their nodes start: each awaits by itself what it needs. @param done as of stopAll */
async function startAll(context: FlowContext, nodes: readonly NodeServices[], done: Set<string>): Promise<void> {
  context.signal?.throwIfAborted();
  await forAll(nodes, async (node) => {
    await node.agent.start(node.names);
    tell(context, node, node.names, 'starting', done);
  });
}

function tell(
  { report }: FlowContext,
  { node }: NodeServices,
  names: readonly string[],
  state: 'stopped' | 'starting',
  done: Set<string>,
): void {
  for (const name of names) {
    done.add(keyOf({ node, name }));
    report({ type: 'service', node, service: name, state, detail: '' });
  }
}

/** By node, in the order of their start. */
function byNode(engines: Engines, places: readonly ServicePlace[], planned: Planned): NodeServices[] {
  return [...Map.groupBy(places, ({ container }) => container)].map(([container, mine]) => ({
    node: nodeName(container),
    agent: new NodeAgent(engines.on(container.host), container.summary.id),
    names: inStartOrder(
      mine.map(({ service }) => service),
      planned,
    ),
  }));
}

async function waitFor(
  { engines, report, signal }: FlowContext,
  { record, places }: FoundServices,
  planned: Planned,
  { timeoutMs = planned.readyTimeoutMs }: ServiceChangeRequest,
): Promise<void> {
  const { name } = record.sandbox;
  const nodes = planned.nodes.filter((node) => places.some((place) => place.node === node.plan.name));
  await waitUntilReady(engines, nodes, {
    sandbox: name,
    timeoutMs,
    report,
    signal,
    stays: true,
    waiter: (node) => {
      const agent = new NodeAgent(engines.on(node.host), node.container);
      const only = places.filter((place) => place.node === node.plan.name).map(({ service }) => service);
      return {
        wait: (ms: number, onChange: (status: ServiceStatus) => void, end?: AbortSignal) =>
          agent.wait(ms, onChange, end, only),
      };
    },
  });
}

function keyOf({ node, name }: Pick<NodeService, 'name'> & { readonly node: string }): string {
  return `${node}/${name}`;
}

function placeKey({ node, service }: ServicePlace): string {
  return keyOf({ node, name: service });
}
