import type { Engines } from '../engine/index.js';
import { ConflictError, NotFoundError, UsageError } from '../errors/index.js';
import { recordChange } from './change.js';
import { firstNode } from './extend.js';
import { findSandboxes, indexOf, type NodeContainer, type SandboxRecord } from './inventory.js';
import { containerName, sandboxOf } from './labels.js';
import { checkSandboxName, nameTaken } from './name.js';
import { nodeName } from './planned.js';
import type { FlowContext } from './raise.js';
import { checkComplete } from './select.js';
import { forAll } from './settle.js';

export interface Renamed {
  readonly name: string;
  readonly before: string;
}

/**
 * Gives a sandbox another name, whatever state it is in. The name of node 1's container is the sandbox's: with that it
 * is done, or with the engine's refusal not. The others only follow, and a run that is killed before they have leaves
 * that to the next rename, create or prune.
 * @throws ConflictError when the name is taken, or the sandbox is not finished; UsageError for what is no name
 */
export async function renameSandbox(context: FlowContext, record: SandboxRecord, name: string): Promise<Renamed> {
  checkSandboxName(name);
  checkComplete(record);
  const { engines, signal } = context;
  const before = record.sandbox.name;
  if (name === before) throw new UsageError(`${name} has this name already`, 'name another one');
  const first = firstNode(record);
  const everyone = await findSandboxes(engines);
  await finishRenames(engines, everyone);
  signal?.throwIfAborted();
  const taken = everyone.find(({ sandbox }) => sandbox.name === name);
  if (taken) throw nameTaken(name);
  const rename = (node: NodeContainer, to: string): Promise<void> =>
    engines.on(node.host).containers.rename(node.summary.id, containerName(to, placeOf(node)));
  const others = record.containers.filter((node) => node !== first);
  try {
    await rename(first, name).catch((error: unknown) => {
      throw error instanceof ConflictError ? nameTaken(name) : error;
    });
    await forAll(others, (node) => rename(node, name));
  } catch (error) {
    // Also where nothing was done: of a call that fails nobody knows.
    await Promise.allSettled([first, ...others].map((node) => rename(node, before)));
    throw error;
  }
  const renamed = { ...record, sandbox: { ...record.sandbox, name } };
  await recordChange(context, renamed, { what: 'renamed', from: before });
  return { name, before };
}

/**
 * Lets the other containers of each sandbox follow node 1's, where a rename was killed before it came to them. One that
 * is under way is not disturbed: both want the same.
 * @returns names of the sandboxes
 */
export async function finishRenames(engines: Engines, records: readonly SandboxRecord[]): Promise<string[]> {
  const done = await forAll(records, async ({ sandbox: { name }, containers }) => {
    const first = containers.find(({ summary }) => indexOf(summary) === 1);
    // Nobody knows the name for certain.
    if (!first || sandboxOf(first.summary.name) === undefined) return [];
    const behind = containers.filter(
      (node) => node !== first && node.summary.name !== containerName(name, placeOf(node)),
    );
    await forAll(behind, (node) =>
      engines
        .on(node.host)
        .containers.rename(node.summary.id, containerName(name, placeOf(node)))
        .catch(unlessGoneOrTaken),
    );
    return behind.length > 0 ? [name] : [];
  });
  return done.flat();
}

/** Removed right now, or a container that is none of ours has the name: the sandbox works as it is. */
function unlessGoneOrTaken(error: unknown): void {
  if (!(error instanceof NotFoundError || error instanceof ConflictError)) throw error;
}

function placeOf(node: NodeContainer): { readonly name: string; readonly index: number } {
  return { name: nodeName(node), index: indexOf(node.summary) };
}
