import { type CreatedSandbox, type CreateRequest, createSandbox, type FlowContext } from '../../sandbox/index.js';
import { NotRestored, raiseFresh } from '../restore.js';
import { findGolden, goldenKey } from './find.js';
import { keepGolden } from './keep.js';

export interface ClusterRequest extends CreateRequest {
  /** Start every service, and leave no golden behind. */
  readonly cold: boolean;
}

/**
 * A new sandbox: from the golden of its image and plan where there is one, else cold, and then that fresh cluster becomes
 * the golden. What keeps a golden from being used or made is a notice, never a failure.
 * @throws as createSandbox
 */
export async function createCluster(context: FlowContext, request: ClusterRequest): Promise<CreatedSandbox> {
  if (request.cold) return createSandbox(context, request);
  const { engines, report } = context;
  const engine = engines.on(engines.home);
  const key = await goldenKey(engine, request);
  const golden = key === undefined ? undefined : await findGolden(engine, key);
  if (golden) {
    try {
      return await raiseFresh(context, golden, request);
    } catch (error) {
      if (!(error instanceof NotRestored)) throw error;
      report({ type: 'notice', level: 'warning', message: `not from the golden ${golden.name}: ${error.message}` });
      return createSandbox(context, request);
    }
  }
  const sandbox = await createSandbox(context, request);
  if (request.wait) await keepGolden(context, request, sandbox.name);
  return sandbox;
}
