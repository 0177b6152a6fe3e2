import { FailedError } from '../../errors/index.js';
import { createSandbox, destroySandboxes, type FlowContext, findSandboxes } from '../../sandbox/index.js';
import type { Snapshot } from '../inventory.js';
import { pushSnapshot } from '../share/index.js';
import type { ClusterRequest } from './create.js';
import { type FoundGolden, findGolden } from './find.js';
import { takeGolden } from './keep.js';

export interface WarmRequest extends Omit<ClusterRequest, 'name' | 'cold' | 'wait' | 'keep' | 'ttlMs'> {
  /** To the registry, for everybody's create. */
  readonly push: boolean;
}

export interface WarmedCluster {
  /** Of the golden snapshot. */
  readonly name: string;
  readonly memoryBytes: number;
  /** Where it was, or that it has just been made. */
  readonly origin: FoundGolden['origin'] | 'made';
  readonly pushed: boolean;
}

/** The golden of an image and a plan: the one that is there, or one taken of a cluster that lives only for it. */
export async function warmCluster(context: FlowContext, request: WarmRequest): Promise<WarmedCluster> {
  const { found } = await findGolden(context, request);
  const golden = found?.golden ?? (await makeGolden(context, request));
  if (request.push) await pushSnapshot(context, golden, { registry: request.registry, force: false });
  const { name, memory } = golden;
  return { name, memoryBytes: memory?.bytes ?? 0, origin: found?.origin ?? 'made', pushed: request.push };
}

async function makeGolden(context: FlowContext, request: WarmRequest): Promise<Snapshot> {
  const { engines, report } = context;
  const sandbox = await createSandbox(context, { ...request, wait: true, keep: false });
  try {
    const golden = await takeGolden(context, request, sandbox.name);
    if (golden) return golden;
    throw new FailedError('somebody else has just made it, or removed its image', 'run it again');
  } finally {
    const record = (await findSandboxes(engines)).find((each) => each.sandbox.name === sandbox.name);
    if (record) await destroySandboxes(engines, [record], report);
  }
}
