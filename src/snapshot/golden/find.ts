import { createHash } from 'node:crypto';
import type { Engine } from '../../engine/index.js';
import { FailedError, NotFoundError, RegistryUnreachableError, SandboxError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import type { ImageRecipe } from '../../images/index.js';
import type { Plan } from '../../plan/index.js';
import { ensureImage, type FlowContext, takenNames } from '../../sandbox/index.js';
import { lookForSnapshot, type Snapshot } from '../inventory.js';
import { isInRegistry, type PullRequest, pullSnapshot } from '../share/index.js';

/** What has to be the same for two fresh clusters to be the same, and where others may have left one. */
export interface GoldenRequest {
  readonly plan: Plan;
  readonly image: ImageRecipe;
  /** HOST[:PORT] */
  readonly registry: string;
  /** Whether goldens of the registry are taken: they run unasked, with a node's rights. */
  readonly trustsGoldens: boolean;
  /** Of the sandbox that is to be, if it has to be this one. */
  readonly name?: string | undefined;
}

/** What the search gave, and the milliseconds of what it had to make: `image`, where that was not here. */
export interface GoldenSearch {
  readonly found: FoundGolden | undefined;
  readonly timings: Readonly<Record<string, number>>;
}

export interface FoundGolden {
  readonly golden: Snapshot;
  readonly origin: 'engine' | 'registry';
}

/** A registry is asked in passing: one that does not answer must not hold up a start. */
const REGISTRY_ANSWERS_WITHIN_MS = 3000;

/**
 * Digest over the cluster image, the plan (with every rendered file) and the kernel: a cluster with another option, version
 * or number of nodes is another one. CPU flags are compared when a golden is used.
 */
export function keyOf(imageId: string, planDigest: string, kernel: string): string {
  return createHash('sha256').update([imageId, planDigest, kernel].join('\n')).digest('hex');
}

/** undefined while the image is not here */
export async function goldenKey(
  engine: Engine,
  { plan, image }: Pick<GoldenRequest, 'plan' | 'image'>,
): Promise<string | undefined> {
  const [found, info] = await Promise.all([engine.images.inspect(image.reference), engine.info()]);
  return found && keyOf(found.id, plan.digest, info.kernel);
}

/** The engine's golden, else the registry's, for whose key the image has to be here: it is made sure of first. */
export async function findGolden(context: FlowContext, request: GoldenRequest): Promise<GoldenSearch> {
  const engine = context.engines.on(context.engines.home);
  const known = await goldenKey(engine, request);
  const timings = known === undefined ? await makeImage(context, request) : {};
  const key = known ?? (await goldenKey(engine, request));
  return { found: key === undefined ? undefined : await goldenOf(context, key, request), timings };
}

async function goldenOf(
  context: FlowContext,
  key: string,
  { registry, trustsGoldens }: GoldenRequest,
): Promise<FoundGolden | undefined> {
  const here = await goldenHere(context.engines.on(context.engines.home), key);
  if (here) return { golden: here, origin: 'engine' };
  if (!trustsGoldens) return undefined;
  const pulled = await pullGolden(context, key, registry);
  return pulled && { golden: pulled, origin: 'registry' };
}

/** By its name, since a list of images takes the engine longer the more it has. One that cannot be read is none. */
async function goldenHere(engine: Engine, key: string): Promise<Snapshot | undefined> {
  try {
    const golden = await lookForSnapshot(engine, goldenName(key));
    return golden?.golden === key && golden.mode === 'live' && golden.trusted ? golden : undefined;
  } catch (error) {
    if (error instanceof FailedError) return undefined;
    throw error;
  }
}

async function makeImage(context: FlowContext, request: GoldenRequest): Promise<Record<string, number>> {
  // Before the image is got, or built, in vain.
  await takenNames(context.engines, request.name);
  const steps = [{ id: 'image', title: 'Image' }];
  const flow = new Flow(`Image of ${request.plan.template}`, steps, context.report);
  await flow.step('image', (step) => ensureImage(context, request, step));
  const { image = 0 } = flow.timings();
  return { image };
}

/** undefined where there is none, and with a notice where it cannot be had: there is always the cold start. */
async function pullGolden(context: FlowContext, key: string, registry: string): Promise<Snapshot | undefined> {
  const name = goldenName(key);
  try {
    const request = { name, registry, golden: key, trusted: true };
    if (!(await isPushed(context, request))) return undefined;
    await pullSnapshot(context, request);
    return await goldenHere(context.engines.on(context.engines.home), key);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!(error instanceof SandboxError)) throw error;
    if (!(error instanceof NotFoundError || error instanceof RegistryUnreachableError)) {
      const message = `not the golden ${name} of ${registry}: ${error.message}`;
      context.report({ type: 'notice', level: 'warning', message });
    }
    return undefined;
  }
}

/** False as well when the registry is too slow to say. */
async function isPushed(context: FlowContext, request: PullRequest): Promise<boolean> {
  const soon = AbortSignal.timeout(REGISTRY_ANSWERS_WITHIN_MS);
  const signal = context.signal ? AbortSignal.any([context.signal, soon]) : soon;
  try {
    return await isInRegistry({ ...context, signal }, request);
  } catch (error) {
    if (soon.aborted && !context.signal?.aborted) return false;
    throw error;
  }
}

export function goldenName(key: string): string {
  return `golden-${key.slice(0, 12)}`;
}
