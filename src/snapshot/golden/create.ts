import { type CreatedSandbox, type CreateRequest, createSandbox, type FlowContext } from '../../sandbox/index.js';
import { NotRestored, raiseFresh } from '../restore.js';
import { findGolden } from './find.js';
import { keepGolden } from './keep.js';

export interface ClusterRequest extends CreateRequest {
  /** Start every service, and leave no golden behind. */
  readonly cold: boolean;
  /** @see GoldenRequest.trustsGoldens */
  readonly trustsGoldens?: boolean | undefined;
}

/**
 * A new sandbox: from the golden of its image and plan where there is one, else cold, and then that fresh cluster becomes
 * the golden. What keeps a golden from being used or made is a notice, never a failure.
 * @throws as createSandbox
 */
export async function createCluster(context: FlowContext, request: ClusterRequest): Promise<CreatedSandbox> {
  if (request.cold) return createSandbox(context, request);
  const { report } = context;
  const found = await findGolden(context, request);
  if (found) {
    try {
      return await raiseFresh(context, found.golden, request);
    } catch (error) {
      if (!(error instanceof NotRestored)) throw error;
      const message = `not from the golden ${found.golden.name}: ${error.message}`;
      report({ type: 'notice', level: 'warning', message });
      return createSandbox(context, request);
    }
  }
  const message = 'no golden snapshot of such a cluster yet: every service starts, and the next create takes seconds';
  if (request.wait) report({ type: 'notice', level: 'info', message });
  const sandbox = await createSandbox(context, request);
  if (request.wait) await keepGolden(context, request, sandbox.name);
  return sandbox;
}
