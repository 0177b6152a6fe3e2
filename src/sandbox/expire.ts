import type { Engines } from '../engine/index.js';
import { asSandboxError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import { removeAttempt } from './attempt.js';
import { findSandboxes, type SandboxRecord } from './inventory.js';
import { forAll } from './settle.js';

export interface ExpiredRequest {
  /** Whose sandboxes; everybody's when absent. */
  readonly owner: string | undefined;
  /** A sandbox that stays however short its time: the one that was made just now. */
  readonly keep?: string;
  readonly now?: () => Date;
}

/**
 * Destroys sandboxes whose time is over, with a notice for each.
 * @returns their names @throws PartlyDoneError naming what is left; the others are destroyed all the same
 */
export async function destroyExpired(engines: Engines, request: ExpiredRequest, report: Report): Promise<string[]> {
  const expired = await findExpired(engines, request);
  return forAll(expired, async ({ attempt, sandbox: { name, owner, expiresAt } }) => {
    await removeAttempt(engines, attempt);
    const whose = request.owner === undefined ? ` of ${owner}` : '';
    report({ type: 'notice', level: 'info', message: `destroyed ${name}${whose}: its time was over at ${expiresAt}` });
    return name;
  });
}

/** The same after another command, which came to its end whatever happens here. */
export async function sweepExpired(engines: Engines, request: ExpiredRequest, report: Report): Promise<void> {
  try {
    await destroyExpired(engines, request, report);
  } catch (error) {
    const message = `sandboxes whose time is over are still there: ${asSandboxError(error).message}`;
    report({ type: 'notice', level: 'warning', message });
  }
}

/**
 * For a command that takes its time: looks now, beside its work, and sweeps after it where there was something.
 * @returns to be called at the end, with the sandbox that was made
 */
export function sweepAfter(
  engines: Engines,
  request: Omit<ExpiredRequest, 'keep'>,
  report: Report,
): (keep: string) => Promise<void> {
  const found = findExpired(engines, request).then(
    (expired) => expired.length > 0,
    () => true,
  );
  return async (keep) => {
    if (await found) await sweepExpired(engines, { ...request, keep }, report);
  };
}

async function findExpired(
  engines: Engines,
  { owner, keep, now = () => new Date() }: ExpiredRequest,
): Promise<SandboxRecord[]> {
  const time = now().toISOString();
  // An empty value of a filter would match every owner.
  if (owner === '') return [];
  const records = await findSandboxes(engines, { owner });
  return records.filter(
    ({ sandbox: { expiresAt, state, name } }) =>
      expiresAt !== null && expiresAt <= time && state !== 'creating' && name !== keep,
  );
}
