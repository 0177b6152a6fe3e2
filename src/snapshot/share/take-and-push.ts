import { asSandboxError, PartlyDoneError } from '../../errors/index.js';
import type { FlowContext, SandboxRecord } from '../../sandbox/index.js';
import { type SnapshotRequest, type TakenSnapshot, takeSnapshot } from '../take.js';
import { type PushedSnapshot, pushSnapshot } from './push.js';

/** What was pushed is null where nothing was to be. */
export type TakenAndPushed = TakenSnapshot & { readonly pushed: PushedSnapshot | null };

/**
 * @param registry to push it to; undefined: it stays here
 * @throws as takeSnapshot; PartlyDoneError when it is kept and cannot be pushed
 */
export async function takeAndPush(
  context: FlowContext,
  record: SandboxRecord,
  request: SnapshotRequest,
  registry: string | undefined,
): Promise<TakenAndPushed> {
  const taken = await takeSnapshot(context, record, request);
  if (registry === undefined) return { ...taken, pushed: null };
  try {
    return { ...taken, pushed: await pushSnapshot(context, taken, { registry, force: false }) };
  } catch (cause) {
    const { message, details } = asSandboxError(cause);
    const hint = `when that is mended: bdsandbox snapshots push ${taken.name}`;
    throw new PartlyDoneError(`${taken.name} was saved, but not pushed: ${message}`, hint, { cause, details });
  }
}
