import type { ContainerSpec, EngineInfo, Engines, FileEntry, Labels } from '../engine/index.js';
import { ConflictError, InterruptedError, SandboxError } from '../errors/index.js';
import type { Flow, Report, StepTitle } from '../events/index.js';
import type { TimedFolder, Waiter } from '../node/index.js';
import type { Plan, PlannedNode } from '../plan/index.js';
import { newAttempt, removeAttempt } from './attempt.js';
import { type Change, changeFile } from './change.js';
import { thisCreator } from './creator.js';
import { asComplete, findSandboxes, type SandboxRecord } from './inventory.js';
import { LABELS, resourceName } from './labels.js';
import { markOf, writeMark } from './mark.js';
import type { Sandbox } from './model.js';
import { checkSandboxName, firstFreeName, NameTaken, nameTaken } from './name.js';
import { createNetwork } from './network.js';
import { createNodes } from './nodes.js';
import type { PublishRequest } from './publish.js';
import { type ReadyServices, type StartedNode, waitUntilReady } from './ready.js';
import { finishRenames } from './rename.js';
import type { Room } from './room.js';
import { forAll } from './settle.js';
import { inspectSandbox, sandboxWith } from './status.js';

/** What a user may ask of a new sandbox, created or restored. */
export interface RaiseRequest {
  readonly plan: Plan;
  readonly owner: string;
  readonly ttlMs?: number | undefined;
  /** How long to wait for the services; the plan's own time when absent. */
  readonly timeoutMs?: number | undefined;
  readonly networkPool: string;
  readonly publish: PublishRequest;
  /** Keep a sandbox whose services did not start, to look inside. */
  readonly keep: boolean;
  /** Return as soon as the nodes run. */
  readonly wait: boolean;
}

/** The request, and what the sandbox is made of. */
export interface RaiseSpec extends RaiseRequest {
  readonly image: (node: PlannedNode) => string;
  readonly startedFrom: 'cold' | 'golden' | 'snapshot';
  /** Name of the snapshot it is restored from; empty for none. */
  readonly parent: string;
  /** How it came to be, for the record that snapshots carry. */
  readonly change: Change;
  readonly labels?: Labels;
  readonly mounts?: ContainerSpec['mounts'];
  readonly environment?: Readonly<Record<string, string>>;
  /** @see NodesRequest.confined */
  readonly confined?: boolean;
  /** Speaks with the nodes, which have a standard input then. Has to call `start`, which starts all; awaited before services are. */
  readonly open?: (nodes: readonly StartedNode[], start: () => Promise<void>) => Promise<Opened>;
}

/** Nodes whose services go on. */
export interface Opened {
  readonly waiter: (node: StartedNode) => Waiter;
  /** Files into a node, and then a folder, cheaper than by the engine. */
  readonly write: (container: string, files: readonly FileEntry[], folder: TimedFolder) => Promise<void>;
  /** Nobody waits any more. */
  readonly end: () => Promise<void>;
}

export interface CreatedSandbox extends Sandbox {
  /** Milliseconds of each phase, and in all. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface FlowContext {
  readonly engines: Engines;
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
  /** This process, and now; replaced in tests. */
  readonly creator?: string;
  readonly now?: () => Date;
  /** What the machine has left, if that can be told from here; replaced in tests. */
  readonly machine?: (info: EngineInfo) => Promise<Room | undefined>;
}

/** Beyond its own time limit a create has a rollback to do; an attempt older than both is dead. */
const ROLLBACK_ALLOWANCE_MS = 10 * 60_000;

/** The steps that raiseNamed takes in the caller's flow. */
export function raiseSteps(plan: Plan): StepTitle[] {
  return [
    { id: 'network', title: 'Network' },
    { id: 'nodes', title: plan.nodes.length === 1 ? 'Node' : `${plan.nodes.length} nodes` },
    { id: 'services', title: 'Services' },
  ];
}

/** Under the wanted name, or under the first free one after `prefix`. */
export async function raiseNamed(
  context: FlowContext,
  flow: Flow,
  names: { readonly wanted: string | undefined; readonly prefix: string; readonly taken: Set<string> },
  spec: RaiseSpec,
): Promise<CreatedSandbox> {
  for (;;) {
    const name = names.wanted ?? firstFreeName(names.prefix, names.taken);
    try {
      return await raise(context, flow, spec, name);
    } catch (error) {
      // Somebody else was faster: with a name of our choosing, the next one does as well.
      if (names.wanted !== undefined || !(error instanceof NameTaken)) throw error;
      names.taken.add(name);
    }
  }
}

/**
 * Names of all sandboxes. The engine decides who gets a name; asked before, a create need not begin in vain.
 * @param wanted has to be a name, and free
 * @throws UsageError, ConflictError
 */
export async function takenNames(engines: Engines, wanted: string | undefined): Promise<Set<string>> {
  if (wanted !== undefined) checkSandboxName(wanted);
  const records = await findSandboxes(engines);
  await finishRenames(engines, records);
  const taken = new Set(records.map(({ sandbox }) => sandbox.name));
  if (wanted !== undefined && taken.has(wanted)) throw nameTaken(wanted);
  return taken;
}

function vanished(name: string): ConflictError {
  return new ConflictError(`${name} was removed while it was made`, 'somebody destroyed it: create it again');
}

/** One attempt. Whatever goes wrong, and on Ctrl-C, exactly what it made is removed again. */
async function raise(context: FlowContext, flow: Flow, spec: RaiseSpec, name: string): Promise<CreatedSandbox> {
  const { engines, signal } = context;
  const attempt = newAttempt();
  let keep = false;
  let opened: Opened | undefined;
  try {
    signal?.throwIfAborted();
    const labels = await labelsOf(context, spec, name, attempt);
    const network = resourceName(name, attempt);
    const engine = engines.on(engines.home);
    const subnet = await flow.step('network', async () => {
      await engine.volumes.create({ name: network, labels });
      return createNetwork(engine, { name: network, labels, pool: spec.networkPool, nodes: spec.plan.nodes.length });
    });
    signal?.throwIfAborted();
    const nodes = await flow.step('nodes', async () => {
      const created = await createNodes(engines, {
        ...spec,
        stdin: spec.open !== undefined,
        sandbox: name,
        labels: { ...spec.labels, ...labels },
        network,
        subnet,
        signal,
        onClaimLost: () => nameTaken(name),
      });
      signal?.throwIfAborted();
      const start = async (): Promise<void> => {
        await forAll(created, (node) => engines.on(node.host).containers.start(node.container));
        signal?.throwIfAborted();
      };
      if (spec.open) opened = await spec.open(created, start);
      else await start();
      return created;
    });
    signal?.throwIfAborted();
    let ready: ReadyServices | undefined;
    if (spec.wait) {
      ready = await flow.step('services', async () => {
        keep = spec.keep;
        const { report } = context;
        const wait = {
          sandbox: name,
          timeoutMs: timeoutOf(spec),
          report,
          signal,
          waiter: opened?.waiter,
          stays: spec.keep,
        };
        const services = await waitUntilReady(engines, nodes, wait);
        keep = false;
        return services;
      });
    } else {
      flow.skip('services', 'not waited for');
    }
    const timings = flow.timings();
    const record = await recordOf(engines, attempt);
    if (!record) throw vanished(name);
    const complete = asComplete(record);
    const sandbox = ready ? sandboxWith(complete, ready) : await inspectSandbox(engines, complete);
    signal?.throwIfAborted();
    // The last act: up to here a killed attempt leaves what `prune` takes for half-made.
    await markComplete(engines, record, spec.change, opened);
    return { ...sandbox, timings };
  } catch (error) {
    const failed = error instanceof SandboxError && !signal?.aborted;
    const kept = keep && failed ? await recordOf(engines, attempt) : undefined;
    if (kept) {
      await markComplete(engines, kept, spec.change);
      throw error;
    }
    await opened?.end();
    await removeAttempt(engines, attempt);
    if (signal?.aborted) {
      throw new InterruptedError(
        `${spec.startedFrom === 'snapshot' ? 'restore' : 'create'} of ${name} was interrupted; nothing of it is left`,
        'run it again when you like',
      );
    }
    throw error;
  } finally {
    await opened?.end();
  }
}

function timeoutOf({ timeoutMs, plan }: RaiseRequest): number {
  return timeoutMs ?? plan.readyTimeoutMs;
}

async function recordOf(engines: Engines, attempt: string): Promise<SandboxRecord | undefined> {
  const [record] = await findSandboxes(engines, { attempt, unmarked: true });
  return record;
}

/** From now on it is a sandbox, and its record of changes begins. @param opened whoever is in the node anyway */
async function markComplete(engines: Engines, record: SandboxRecord, change: Change, opened?: Opened): Promise<void> {
  const { attempt, sandbox, containers } = record;
  const [first] = containers;
  if (!first) return;
  const { host, summary } = first;
  const [mark, files] = [markOf(attempt, sandbox.expiresAt), [changeFile(change, sandbox)]];
  await (opened ? opened.write(summary.id, files, mark) : writeMark(engines.on(host), summary.id, mark, files));
}

async function labelsOf(
  { engines, creator = thisCreator(), now = () => new Date() }: FlowContext,
  spec: RaiseSpec,
  name: string,
  attempt: string,
): Promise<Labels> {
  const created = now();
  const after = (ms: number): string => new Date(created.getTime() + ms).toISOString();
  return {
    [LABELS.sandbox]: name,
    [LABELS.owner]: spec.owner,
    [LABELS.host]: (await engines.on(engines.home).info()).name,
    [LABELS.template]: spec.plan.template,
    [LABELS.topology]: spec.plan.topology,
    [LABELS.nodeCount]: String(spec.plan.nodes.length),
    [LABELS.attempt]: attempt,
    [LABELS.creator]: creator,
    [LABELS.created]: created.toISOString(),
    [LABELS.expires]: spec.ttlMs === undefined ? '' : after(spec.ttlMs),
    [LABELS.deadline]: after(timeoutOf(spec) + ROLLBACK_ALLOWANCE_MS),
    [LABELS.startedFrom]: spec.startedFrom,
    [LABELS.parent]: spec.parent,
    [LABELS.plan]: spec.plan.digest,
    // Said in any case: images have the labels of the containers they were made of.
    [LABELS.confined]: spec.confined ? 'yes' : '',
  };
}
