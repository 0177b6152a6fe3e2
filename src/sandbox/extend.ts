import type { TimeToLive } from '../config/index.js';
import { ConflictError, UsageError } from '../errors/index.js';
import { changeFile } from './change.js';
import { indexOf, type NodeContainer, type SandboxRecord } from './inventory.js';
import { markOf, readMark, writeMark } from './mark.js';
import type { FlowContext } from './raise.js';
import { checkComplete } from './select.js';

export interface Extended {
  readonly name: string;
  /** UTC ISO 8601; null for never. */
  readonly expiresAt: string | null;
  readonly before: string | null;
}

/**
 * Gives a sandbox another end, whatever state it is in: the time of its completion mark, written in one step.
 * @throws ConflictError when it is not finished, or node 1 is gone; UsageError for an end that has passed
 */
export async function extendSandbox(
  { engines, now = () => new Date() }: FlowContext,
  record: SandboxRecord,
  ttl: TimeToLive,
): Promise<Extended> {
  checkComplete(record);
  const { attempt, sandbox } = record;
  const { host, summary } = firstNode(record);
  const engine = engines.on(host);
  const { name, expiresAt: before } = sandbox;
  const time = now();
  const expiresAt = ttl === 'never' ? null : endOf(sandbox, ttl, time);
  if ((await readMark(engine, summary.id, attempt))?.expiresAt === undefined) {
    throw new ConflictError(`${name} was made by an older bdsandbox`, 'its end cannot be moved: create it again');
  }
  const change = changeFile({ what: 'expiry moved', from: before, to: expiresAt }, sandbox, time.toISOString());
  await writeMark(engine, summary.id, markOf(attempt, expiresAt), [change]);
  return { name, expiresAt, before };
}

function endOf({ name, expiresAt }: SandboxRecord['sandbox'], ttl: Exclude<TimeToLive, 'never'>, now: Date): string {
  if (ttl.from === 'end' && expiresAt === null) {
    throw new UsageError(
      `${name} never ends, so nothing can be added`,
      `from now on: bdsandbox extend ${name} --ttl 8h`,
    );
  }
  const from = ttl.from === 'end' && expiresAt !== null ? Date.parse(expiresAt) : now.getTime();
  const end = new Date(from + ttl.ms);
  // Beyond this a Date holds nothing.
  if (Number.isNaN(end.getTime())) throw new UsageError('that is too long', 'say --ttl never');
  if (end <= now) {
    throw new UsageError(
      `${name} ended at ${expiresAt}, so its end would have passed`,
      `from now on: bdsandbox extend ${name} --ttl 8h`,
    );
  }
  return end.toISOString();
}

/** Where what is known of the sandbox is kept. @throws ConflictError */
export function firstNode({ sandbox: { name }, containers }: SandboxRecord): NodeContainer {
  const first = containers.find(({ summary }) => indexOf(summary) === 1);
  if (first) return first;
  throw new ConflictError(
    `the first node of ${name} is gone`,
    `save what you need of it: bdsandbox cp ${name}/NODE:PATH .`,
  );
}
