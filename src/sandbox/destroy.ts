import type { Engines } from '../engine/index.js';
import { NotFoundError, NotOwnerError } from '../errors/index.js';
import { Flow, type Report } from '../events/index.js';
import { removeAttempt } from './attempt.js';
import { findSandboxes, type SandboxRecord } from './inventory.js';
import { forAll } from './settle.js';

export interface DestroyRequest {
  /** Names, or all of the owner's, or the owner's expired ones. */
  readonly which: { readonly names: readonly string[] } | 'all' | 'expired';
  /** Who asks. */
  readonly user: string;
  /** Whose sandboxes; another's than `user`'s only with `force`. */
  readonly owner: string;
  readonly force: boolean;
}

/**
 * The sandboxes a request means; nothing is touched.
 * @throws NotFoundError for a name that is not there, NotOwnerError for somebody else's
 */
export async function selectForDestroy(engines: Engines, request: DestroyRequest): Promise<SandboxRecord[]> {
  const everyone = await findSandboxes(engines);
  if (request.which === 'all' || request.which === 'expired') {
    checkOwner(request, request.owner, 'their sandboxes');
    const now = new Date().toISOString();
    const { which } = request;
    return everyone.filter(
      ({ sandbox }) =>
        sandbox.owner === request.owner &&
        (which === 'all' || (sandbox.expiresAt !== null && sandbox.expiresAt <= now)),
    );
  }
  return [...new Set(request.which.names)].map((name) => {
    const record = everyone.find(({ sandbox }) => sandbox.name === name);
    if (!record) throw new NotFoundError(`there is no sandbox ${name}`, 'see bdsandbox ls --all-owners');
    if (record.sandbox.owner !== request.owner) {
      throw new NotOwnerError(
        `${name} belongs to ${record.sandbox.owner}, not to ${request.owner}`,
        `if they agree: bdsandbox destroy ${name} --force --owner ${record.sandbox.owner}`,
      );
    }
    checkOwner(request, record.sandbox.owner, name);
    return record;
  });
}

function checkOwner(request: DestroyRequest, owner: string, what: string): void {
  if (owner === request.user || request.force) return;
  throw new NotOwnerError(
    `${what}: they belong to ${owner}, and you are ${request.user}`,
    'if they agree, add --force',
  );
}

/** Containers, networks and volumes of the sandboxes. @throws PartlyDoneError naming what is left */
export async function destroySandboxes(
  engines: Engines,
  records: readonly SandboxRecord[],
  report: Report,
): Promise<string[]> {
  const title = (record: SandboxRecord): string => `Destroy ${record.sandbox.name}`;
  const steps = records.map((record) => ({ id: record.attempt, title: title(record) }));
  const flow = new Flow('Destroy', steps, report);
  return forAll(records, (record) =>
    flow.step(record.attempt, async () => {
      await removeAttempt(engines, record.attempt);
      return record.sandbox.name;
    }),
  );
}
