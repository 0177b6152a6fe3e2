import { Flow, type StepTitle } from '../../events/index.js';
import { NodeAgent, type ServiceStatus } from '../../node/index.js';
import { recordChange } from '../change.js';
import type { NodeService } from '../model.js';
import { inStartOrder, type Planned, plannedOf } from '../planned.js';
import type { FlowContext } from '../raise.js';
import { waitUntilReady } from '../ready.js';
import { checkComplete } from '../select.js';
import { forAll } from '../settle.js';
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
 * Stops in the reverse of the start order, then starts in that order, each service on all of its nodes at once; what was
 * done is recorded in the sandbox also when something fails later.
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
    for (const [id, places] of [
      ['stop', toStop],
      ['start', toStart],
    ] as const) {
      if (places.length > 0) await flow.step(id, () => change(context, id, places, planned, done));
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
    ...(toStop.length > 0 ? [{ id: 'stop', title: 'Stop' }] : []),
    ...(toStart.length > 0 ? [{ id: 'start', title: 'Start' }] : []),
    ...(waits ? [{ id: 'ready', title: 'Services' }] : []),
  ];
}

/** @param done grows by what has been changed, also when another fails */
async function change(
  { engines, report, signal }: FlowContext,
  action: 'stop' | 'start',
  places: readonly ServicePlace[],
  planned: Planned,
  done: Set<string>,
): Promise<void> {
  const order = inStartOrder(
    places.map(({ service }) => service),
    planned,
  );
  const state = action === 'stop' ? 'stopped' : 'starting';
  for (const name of action === 'stop' ? order.reverse() : order) {
    signal?.throwIfAborted();
    await forAll(
      places.filter(({ service }) => service === name),
      async (place) => {
        const agent = new NodeAgent(engines.on(place.container.host), place.container.summary.id);
        await agent[action]([name]);
        done.add(placeKey(place));
        report({ type: 'service', node: place.node, service: name, state, detail: '' });
      },
    );
  }
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
    advice: `look at it: bdsandbox status ${name}`,
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
