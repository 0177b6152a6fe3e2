import type { Engines, Labels } from '../engine/index.js';
import { ConflictError, InterruptedError, SandboxError } from '../errors/index.js';
import { Flow, type Report, type Step } from '../events/index.js';
import { type ImageRecipe, ImageStore } from '../images/index.js';
import type { Plan } from '../plan/index.js';
import { newAttempt, removeAttempt } from './attempt.js';
import { thisCreator } from './creator.js';
import { asComplete, findSandboxes, type SandboxRecord } from './inventory.js';
import { completionMark, LABELS } from './labels.js';
import type { Sandbox } from './model.js';
import { checkSandboxName, firstFreeName } from './name.js';
import { createNetwork } from './network.js';
import { createNodes } from './nodes.js';
import type { PublishRequest } from './publish.js';
import { waitUntilReady } from './ready.js';
import { forAll } from './settle.js';
import { inspectSandbox } from './status.js';

export interface CreateRequest {
  /** The template's name, or the next free one after it, when absent. */
  readonly name?: string | undefined;
  readonly plan: Plan;
  readonly image: ImageRecipe;
  readonly owner: string;
  readonly ttlMs?: number | undefined;
  /** How long to wait for the services; the plan's own time when absent. */
  readonly timeoutMs?: number | undefined;
  readonly registry: string;
  readonly networkPool: string;
  readonly publish: PublishRequest;
  /** Keep a sandbox whose services did not start, to look inside. */
  readonly keep: boolean;
  /** Return as soon as the nodes run. */
  readonly wait: boolean;
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
}

/** Beyond its own time limit a create has a rollback to do; an attempt older than both is dead. */
const ROLLBACK_ALLOWANCE_MS = 10 * 60_000;

/**
 * A new sandbox, cold. Whatever goes wrong, and on Ctrl-C, exactly what this attempt made is removed again.
 * @throws ConflictError when the name is taken, ServiceFailedError, TimedOutError, InterruptedError, ...
 */
export async function createSandbox(context: FlowContext, request: CreateRequest): Promise<CreatedSandbox> {
  if (request.name !== undefined) checkSandboxName(request.name);
  const taken = new Set((await findSandboxes(context.engines)).map(({ sandbox }) => sandbox.name));
  if (request.name !== undefined && taken.has(request.name)) throw nameTaken(request.name);
  const flow = new Flow(
    `Create ${request.name ?? firstFreeName(request.plan.template, taken)}`,
    [
      { id: 'image', title: 'Image' },
      { id: 'network', title: 'Network' },
      { id: 'nodes', title: `${request.plan.nodes.length === 1 ? 'Node' : `${request.plan.nodes.length} nodes`}` },
      { id: 'services', title: 'Services' },
    ],
    context.report,
  );
  const image = await flow.step('image', (step) => ensureImage(context, request, step));
  for (;;) {
    const name = request.name ?? firstFreeName(request.plan.template, taken);
    try {
      return await attemptCreate(context, flow, request, name, image);
    } catch (error) {
      // Somebody else was faster: with a name of our choosing, the next one does as well.
      if (request.name !== undefined || !(error instanceof NameTaken)) throw error;
      taken.add(name);
    }
  }
}

async function ensureImage(context: FlowContext, request: CreateRequest, step: Step): Promise<string> {
  const store = new ImageStore({
    engine: context.engines.on(context.engines.home),
    registry: request.registry,
    signal: context.signal,
    report: context.report,
  });
  const { reference, origin } = await store.ensure(request.image, (detail) => step.progress(detail));
  step.result(origin === 'built' ? 'built' : `from the ${origin}`);
  return reference;
}

/** The claim on the name was lost to another create. */
class NameTaken extends ConflictError {}

function nameTaken(name: string): ConflictError {
  return new NameTaken(
    `there is a sandbox ${name} already`,
    `choose another name, or remove it: bdsandbox destroy ${name}`,
  );
}

function vanished(name: string): ConflictError {
  return new ConflictError(`${name} was removed while it was made`, 'somebody destroyed it: create it again');
}

async function attemptCreate(
  context: FlowContext,
  flow: Flow,
  request: CreateRequest,
  name: string,
  image: string,
): Promise<CreatedSandbox> {
  const { engines, signal } = context;
  const attempt = newAttempt();
  let keep = false;
  try {
    signal?.throwIfAborted();
    const labels = await labelsOf(context, request, name, attempt);
    const network = `bds.${name}.${attempt.slice(0, 8)}`;
    const engine = engines.on(engines.home);
    const subnet = await flow.step('network', () =>
      createNetwork(engine, { name: network, labels, pool: request.networkPool, nodes: request.plan.nodes.length }),
    );
    signal?.throwIfAborted();
    const nodes = await flow.step('nodes', async () => {
      const created = await createNodes(engines, {
        sandbox: name,
        plan: request.plan,
        image,
        labels,
        network,
        subnet,
        publish: request.publish,
        signal,
        onClaimLost: () => nameTaken(name),
      });
      signal?.throwIfAborted();
      await forAll(created, (node) => engines.on(node.host).containers.start(node.container));
      return created;
    });
    signal?.throwIfAborted();
    if (request.wait) {
      await flow.step('services', async () => {
        keep = request.keep;
        await waitUntilReady(engines, nodes, {
          sandbox: name,
          timeoutMs: timeoutOf(request),
          report: context.report,
          signal,
        });
        keep = false;
      });
    } else {
      flow.skip('services', 'not waited for');
    }
    const timings = flow.timings();
    const record = await recordOf(engines, attempt);
    if (!record) throw vanished(name);
    const sandbox = await inspectSandbox(engines, asComplete(record));
    signal?.throwIfAborted();
    // The last act: up to here a killed create leaves what `prune` takes for half-made.
    await markComplete(engines, record);
    return { ...sandbox, timings };
  } catch (error) {
    const failed = error instanceof SandboxError && !signal?.aborted;
    const kept = keep && failed ? await recordOf(engines, attempt) : undefined;
    if (kept) {
      await markComplete(engines, kept);
      throw error;
    }
    await removeAttempt(engines, attempt);
    if (signal?.aborted) {
      throw new InterruptedError(
        `create of ${name} was interrupted; nothing of it is left`,
        'run it again when you like',
      );
    }
    throw error;
  }
}

function timeoutOf({ timeoutMs, plan }: CreateRequest): number {
  return timeoutMs ?? plan.readyTimeoutMs;
}

async function recordOf(engines: Engines, attempt: string): Promise<SandboxRecord | undefined> {
  return (await findSandboxes(engines)).find((each) => each.attempt === attempt);
}

async function markComplete(engines: Engines, { attempt, containers }: SandboxRecord): Promise<void> {
  const [first] = containers;
  if (!first) return;
  const mark = { path: completionMark(attempt), content: '' };
  await engines.on(first.host).containers.writeFiles(first.summary.id, [mark]);
}

async function labelsOf(
  { engines, creator = thisCreator(), now = () => new Date() }: FlowContext,
  request: CreateRequest,
  name: string,
  attempt: string,
): Promise<Labels> {
  const created = now();
  const after = (ms: number): string => new Date(created.getTime() + ms).toISOString();
  return {
    [LABELS.sandbox]: name,
    [LABELS.owner]: request.owner,
    [LABELS.host]: (await engines.on(engines.home).info()).name,
    [LABELS.template]: request.plan.template,
    [LABELS.topology]: request.plan.topology,
    [LABELS.nodeCount]: String(request.plan.nodes.length),
    [LABELS.attempt]: attempt,
    [LABELS.creator]: creator,
    [LABELS.created]: created.toISOString(),
    [LABELS.expires]: request.ttlMs === undefined ? '' : after(request.ttlMs),
    [LABELS.deadline]: after(timeoutOf(request) + ROLLBACK_ALLOWANCE_MS),
    [LABELS.startedFrom]: 'cold',
    [LABELS.parent]: '',
    [LABELS.plan]: request.plan.digest,
  };
}
