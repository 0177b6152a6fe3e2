import type { ConfigValues, LoadedValues } from '../config/index.js';
import { type CreatedSandbox, checkSandboxName, type FlowContext, sweepAfter } from '../sandbox/index.js';
import {
  createCluster,
  findOrPullSnapshot,
  type RestoredSandbox,
  restoreSnapshot,
  type Snapshot,
} from '../snapshot/index.js';
import type { ClusterRequest, PreparedCluster } from './cluster.js';
import { fromTemplates } from './from-templates.js';
import { releaseOptions } from './release-options.js';

/** What is asked of a new sandbox beside the settings. */
export interface NewSandbox {
  /** The template's or snapshot's, or the next free one after it, when absent. */
  readonly name?: string | undefined;
  /** --publish, as given. */
  readonly publish: readonly string[];
  readonly keep: boolean;
  readonly wait: boolean;
  /** Who asks: theirs are the expired sandboxes that are destroyed in passing. */
  readonly user: string;
}

export interface NewCluster extends NewSandbox {
  readonly cluster: ClusterRequest;
  readonly cold: boolean;
}

export interface NewRestored extends NewSandbox {
  readonly snapshot: string;
  readonly mode: 'auto' | 'live' | 'cold';
  /** Whether one that is not trusted is restored as if it were; no when absent. */
  readonly trust?: (snapshot: Snapshot) => Promise<boolean>;
}

/** The engine is asked who it is while templates are read; what is wrong with those is told first. */
type Context = Omit<FlowContext, 'engines' | 'signal'> & {
  readonly engines: () => Promise<FlowContext['engines']>;
  readonly signal: AbortSignal;
};

/** @see index.ts */
export async function createFromTemplate(
  context: Context,
  values: LoadedValues,
  request: NewCluster,
): Promise<CreatedSandbox> {
  if (request.name !== undefined) checkSandboxName(request.name);
  const opening = context.engines();
  opening.catch(() => undefined);
  const { plan, image, warnings } = await preparedCluster(context, values, request.cluster);
  for (const message of warnings) context.report({ type: 'notice', level: 'warning', message });
  const flow = { ...context, engines: await opening };
  const sweep = sweepAfter(flow.engines, { owner: request.user }, context.report);
  const sandbox = await createCluster(flow, {
    ...raised(values, request),
    plan,
    image,
    registry: values.registry,
    trustsGoldens: values.trust.goldens,
    cold: request.cold || values.golden === 'never',
  });
  await sweep(sandbox.name);
  return sandbox;
}

/** Reading templates and making a plan of them took a third of a create from a golden, and gives the same each time. */
async function preparedCluster(
  { report, signal }: Context,
  values: ConfigValues,
  cluster: ClusterRequest,
): Promise<PreparedCluster> {
  const prepare = async (): Promise<PreparedCluster> => {
    const [{ openCatalog }, { prepareCluster }] = await Promise.all([import('./catalog.js'), import('./cluster.js')]);
    return prepareCluster(await openCatalog(values), cluster, releaseOptions(values, report, signal));
  };
  // Releases are looked for each time, and downloaded.
  if (cluster.releases.length > 0) return prepare();
  const { mavenRepository } = values;
  return fromTemplates(values, { cluster, mavenRepository }, import.meta.url, prepare);
}

/** @see index.ts */
export async function restoreByName(
  context: Context,
  values: LoadedValues,
  request: NewRestored,
): Promise<RestoredSandbox> {
  const flow = { ...context, engines: await context.engines() };
  const sweep = sweepAfter(flow.engines, { owner: request.user }, context.report);
  const { registry, trust } = values;
  const snapshot = await findOrPullSnapshot(flow, request.snapshot, { registry, trusted: trust.snapshots });
  const isTrusted = request.trust ?? (async () => false);
  const asked = { mode: request.mode, trust: snapshot.trusted || (await isTrusted(snapshot)) };
  const sandbox = await restoreSnapshot(flow, snapshot, { ...raised(values, request), ...asked });
  await sweep(sandbox.name);
  return sandbox;
}

function raised(
  { owner, ttlMs, timeoutMs, networkPool, publishAddress }: ConfigValues,
  { name, publish, keep, wait }: NewSandbox,
) {
  const where = { address: publishAddress, services: publish };
  return { name, owner, ttlMs, timeoutMs, networkPool, publish: where, keep, wait };
}
