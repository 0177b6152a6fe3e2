import { NodeAgent } from '../../node/index.js';
import { recordChange } from '../change.js';
import type { SandboxRecord } from '../inventory.js';
import { nodeName } from '../planned.js';
import type { FlowContext } from '../raise.js';
import { forAll } from '../settle.js';
import { stopWavesOf } from '../stop-waves.js';
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

/** What has an order stops wave by wave; the rest ends with its node. */
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
    return { node, agent, orders: new Map([...orders].filter(([, order]) => order > 0)) };
  });
  for (const wave of stopWavesOf(known)) {
    step.progress([...new Set(wave.flatMap(({ services }) => services))].join(', '));
    await forAll(wave, async ({ node: { node, agent }, services }) => {
      // Its container is stopped all the same.
      await agent.stop(services).catch((error: unknown) => complain(node, error));
      for (const service of services) report({ type: 'service', node, service, state: 'stopped', detail: '' });
    });
  }
}
