import { NodeAgent } from '../../node/index.js';
import { recordChange } from '../change.js';
import type { SandboxRecord } from '../inventory.js';
import { nodeName } from '../planned.js';
import type { FlowContext } from '../raise.js';
import { forAll } from '../settle.js';
import { type Lifecycle, type Turn, turnEach } from './each.js';
import { inState, resumeNodes } from './pause.js';

/** A node's own time for its services is 8 s; what is left after this is killed. */
const GRACE_MS = 15_000;

interface Services {
  readonly node: string;
  readonly agent: NodeAgent;
  readonly orders: ReadonlyMap<string, number>;
}

/** Ends the services in their order, then the nodes. Files stay, memory does not. One that is stopped is left alone. */
export function stopSandboxes(context: FlowContext, records: readonly SandboxRecord[]): Promise<Lifecycle> {
  return turnEach(context, 'Stop', records, async (turn) => {
    const { record, step } = turn;
    const before = [...inState(record, 'running'), ...inState(record, 'paused')];
    if (before.length === 0) return { changed: false };
    // What stands cannot end by itself.
    await resumeNodes(context.engines, record);
    await stopAcrossNodes(context, turn);
    step.progress(before.length === 1 ? 'node' : `${before.length} nodes`);
    await forAll(before, ({ host, summary }) =>
      context.engines.on(host).containers.stop(summary.id, { graceMs: GRACE_MS }),
    );
    await recordChange(context, record, { what: 'stopped' });
    return { changed: true };
  });
}

/**
 * A node ends its own services in their order, but does not know of the others': HBase of one node closes its regions
 * only as long as HDFS of all nodes answers. So what has an order stops wave by wave, on all nodes at once.
 */
async function stopAcrossNodes({ engines }: FlowContext, turn: Turn): Promise<void> {
  const { record, step, report } = turn;
  const nodes = [...inState(record, 'running'), ...inState(record, 'paused')];
  if (nodes.length === 1) return;
  const complain = (node: string, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `services of ${record.sandbox.name}/${node} are not stopped in the order of the cluster: ${reason}`;
    report({ type: 'notice', level: 'warning', message });
  };
  const known = await forAll(nodes, async (container): Promise<Services> => {
    const node = nodeName(container);
    const agent = new NodeAgent(engines.on(container.host), container.summary.id);
    const orders = await agent.orders().catch((error: unknown) => {
      complain(node, error);
      return new Map<string, number>();
    });
    return { node, agent, orders };
  });
  const waves = [...new Set(known.flatMap(({ orders }) => [...orders.values()]))]
    .filter((order) => order > 0)
    .sort((a, b) => b - a);
  for (const wave of waves) {
    const names = (orders: Services['orders']): string[] =>
      [...orders].filter(([, order]) => order === wave).map(([name]) => name);
    step.progress([...new Set(known.flatMap(({ orders }) => names(orders)))].join(', '));
    await forAll(known, async ({ node, agent, orders }) => {
      const services = names(orders);
      if (services.length === 0) return;
      // Its container is stopped all the same.
      await agent.stop(services).catch((error: unknown) => complain(node, error));
      for (const service of services) report({ type: 'service', node, service, state: 'stopped', detail: '' });
    });
  }
}
