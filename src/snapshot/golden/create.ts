import { inSequence } from '../../events/index.js';
import { type CreatedSandbox, type CreateRequest, createSandbox, type FlowContext } from '../../sandbox/index.js';
import type { Snapshot } from '../inventory.js';
import { NotRestored, raiseFresh } from '../restore.js';
import { findGolden } from './find.js';
import { keepGolden } from './keep.js';

export interface ClusterRequest extends CreateRequest {
  /** Start every service, and leave no golden behind. */
  readonly cold: boolean;
  /** @see GoldenRequest.trustsGoldens */
  readonly trustsGoldens: boolean;
}

/**
 * A new sandbox: from the golden of its image and plan where there is one, else cold, and then that fresh cluster becomes
 * the golden. What keeps a golden from being used or made is a notice, never a failure.
 * @throws as createSandbox
 */
export async function createCluster(context: FlowContext, request: ClusterRequest): Promise<CreatedSandbox> {
  if (request.cold) return createSandbox(context, request);
  const startedAt = performance.now();
  const { found, timings } = await findGolden(context, request);
  const fromGolden = found && (await tryGolden(context, found.golden, request));
  if (fromGolden) return counted(fromGolden, timings, startedAt);
  if (!found && request.wait) {
    const message = 'no golden snapshot of such a cluster yet: every service starts, and the next create takes seconds';
    context.report({ type: 'notice', level: 'info', message });
  }
  const sandbox = counted(await createSandbox(context, request), timings, startedAt);
  if (!found && request.wait) await keepGolden(context, request, sandbox.name);
  return sandbox;
}

/** undefined, with a notice, where it cannot be restored here. */
async function tryGolden(
  context: FlowContext,
  golden: Snapshot,
  request: ClusterRequest,
): Promise<CreatedSandbox | undefined> {
  try {
    return await raiseFresh(context, golden, request);
  } catch (error) {
    if (!(error instanceof NotRestored)) throw error;
    const message = `not from the golden ${golden.name}: ${error.message}`;
    context.report({ type: 'notice', level: 'warning', message });
    return undefined;
  }
}

/**
 * The sandbox's own flow begins when its image is here: what came before, such as the image's build, is part of the time
 * that somebody waited for it. A golden made afterwards is not, since the sandbox is ready by then.
 */
function counted(sandbox: CreatedSandbox, before: Readonly<Record<string, number>>, startedAt: number): CreatedSandbox {
  const total = Math.round(performance.now() - startedAt);
  return { ...sandbox, timings: { ...inSequence(before, sandbox.timings), total } };
}
