import type { Engines } from '../../engine/index.js';
import { ConflictError } from '../../errors/index.js';
import { recordChange } from '../change.js';
import type { NodeContainer, SandboxRecord } from '../inventory.js';
import type { FlowContext } from '../raise.js';
import { forAll } from '../settle.js';
import { type Lifecycle, type Turned, turnEach } from './each.js';

/**
 * Freezes every process of the sandboxes where it stands; memory stays taken. All nodes of a sandbox, or none.
 * @throws ConflictError for one that does not run
 */
export function pauseSandboxes(context: FlowContext, records: readonly SandboxRecord[]): Promise<Lifecycle> {
  return turnEach(context, 'Pause', records, async ({ record }) => {
    const running = inState(record, 'running');
    if (running.length === 0) return unchanged(record, 'paused');
    await pauseAll(context, running);
    await recordChange(context, record, { what: 'paused' });
    return { changed: true };
  });
}

/**
 * Lets the sandboxes go on where they stood. One that runs is left alone.
 * @throws ConflictError for one that is stopped: there is nothing that could go on
 */
export function resumeSandboxes(context: FlowContext, records: readonly SandboxRecord[]): Promise<Lifecycle> {
  return turnEach(context, 'Resume', records, async ({ record }) => {
    if (!(await resumeNodes(context.engines, record))) return unchanged(record, 'running');
    await recordChange(context, record, { what: 'resumed' });
    return { changed: true };
  });
}

/** @returns whether there was a paused one */
export async function resumeNodes(engines: Engines, record: SandboxRecord): Promise<boolean> {
  const paused = inState(record, 'paused');
  await forAll(paused, ({ host, summary }) => engines.on(host).containers.unpause(summary.id));
  return paused.length > 0;
}

export function inState({ containers }: SandboxRecord, state: 'running' | 'paused'): NodeContainer[] {
  return containers.filter(({ summary }) => summary.state === state);
}

/** A cluster of which some nodes stand would take them for dead. */
async function pauseAll({ engines, signal }: FlowContext, nodes: readonly NodeContainer[]): Promise<void> {
  const paused: NodeContainer[] = [];
  try {
    await forAll(nodes, async (node) => {
      await engines.on(node.host).containers.pause(node.summary.id);
      paused.push(node);
    });
    signal?.throwIfAborted();
  } catch (error) {
    await Promise.allSettled(paused.map(({ host, summary }) => engines.on(host).containers.unpause(summary.id)));
    throw error;
  }
}

function unchanged(record: SandboxRecord, state: 'running' | 'paused'): Turned {
  if (inState(record, state).length > 0) return { changed: false };
  const { name } = record.sandbox;
  throw new ConflictError(`${name} is stopped`, `start it: bdsandbox start ${name}`);
}
