import { FailedError } from '../../errors/index.js';
import { createSandbox, destroySandboxes, type FlowContext, findSandboxes } from '../../sandbox/index.js';
import type { Manifest } from '../manifest.js';
import type { ClusterRequest } from './create.js';
import { findGolden, goldenKey } from './find.js';
import { takeGolden } from './keep.js';

export type WarmRequest = Omit<ClusterRequest, 'name' | 'cold' | 'wait' | 'keep' | 'ttlMs'>;

export interface WarmedCluster {
  /** Of the golden snapshot. */
  readonly name: string;
  readonly memoryBytes: number;
  /** False when it was here before. */
  readonly isNew: boolean;
}

/** The golden of an image and a plan: the one that is here, or one taken of a cluster that lives only for it. */
export async function warmCluster(context: FlowContext, request: WarmRequest): Promise<WarmedCluster> {
  const { engines, report } = context;
  const engine = engines.on(engines.home);
  const key = await goldenKey(engine, request);
  const found = key === undefined ? undefined : await findGolden(engine, key);
  if (found) return warmed(found, false);
  const sandbox = await createSandbox(context, { ...request, wait: true, keep: false });
  try {
    const golden = await takeGolden(context, request, sandbox.name);
    if (!golden) throw new FailedError('somebody else has just made it, or removed its image', 'run it again');
    return warmed(golden, true);
  } finally {
    const record = (await findSandboxes(engines)).find((each) => each.sandbox.name === sandbox.name);
    if (record) await destroySandboxes(engines, [record], report);
  }
}

function warmed({ name, memory }: Manifest, isNew: boolean): WarmedCluster {
  return { name, memoryBytes: memory?.bytes ?? 0, isNew };
}
