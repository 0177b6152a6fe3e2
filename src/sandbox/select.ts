import type { Engines } from '../engine/index.js';
import { ConflictError, NotOwnerError, UsageError } from '../errors/index.js';
import { findSandbox, findSandboxes, type SandboxRecord } from './inventory.js';
import { noSandbox } from './not-there.js';

export interface SandboxSelection {
  /** Names, all of the owner's, the owner's expired ones, or the owner's only one. */
  readonly which: { readonly names: readonly string[] } | 'all' | 'expired' | 'only';
  /** Who asks. */
  readonly user: string;
  /** Whose sandboxes; another's than `user`'s only with `force`. */
  readonly owner: string;
  readonly force: boolean;
  /** For the hint: what comes after "bdsandbox", such as "destroy". */
  readonly command: string;
  /** For the hint: what comes after the name, such as "--ttl 8h". */
  readonly rest?: string;
  /** `all` means those alone whose create has come to its end. */
  readonly finished?: boolean;
}

/**
 * The sandboxes that a command which changes them means; nothing is touched.
 * @throws NotFoundError for a name that is not there, NotOwnerError for somebody else's, UsageError
 */
export async function selectSandboxes(engines: Engines, request: SandboxSelection): Promise<SandboxRecord[]> {
  const { which, owner } = request;
  if (which === 'all' || which === 'expired' || which === 'only') {
    checkRights(request, owner, 'their sandboxes');
    if (which === 'only') return [await findSandbox(engines, undefined, owner)];
    const now = new Date().toISOString();
    return (await findSandboxes(engines, { owner })).filter(({ sandbox: { state, expiresAt } }) => {
      if (request.finished && (state === 'creating' || state === 'error')) return false;
      return which === 'all' || (expiresAt !== null && expiresAt <= now);
    });
  }
  const everyone = await findSandboxes(engines);
  return [...new Set(which.names)].map((name) => {
    const record = everyone.find(({ sandbox }) => sandbox.name === name);
    if (!record) throw notThere(request, name, everyone);
    checkOwner(record, request);
    return record;
  });
}

/**
 * The one sandbox that a command which changes it means: the named one, or the owner's only one.
 * @throws NotFoundError, NotOwnerError, UsageError when there are several
 */
export async function selectSandbox(
  engines: Engines,
  request: Parameters<typeof checkOwner>[1] & { readonly name: string | undefined },
): Promise<SandboxRecord> {
  const record = await findSandbox(engines, request.name, request.owner);
  checkOwner(record, request);
  return record;
}

/** @throws NotOwnerError for somebody else's, unless both that and who it is was said */
export function checkOwner(
  { sandbox }: SandboxRecord,
  request: Pick<SandboxSelection, 'owner' | 'user' | 'force' | 'command' | 'rest'>,
): void {
  if (sandbox.owner !== request.owner) {
    const line = [request.command, sandbox.name, ...(request.rest === undefined ? [] : [request.rest])].join(' ');
    throw new NotOwnerError(
      `${sandbox.name} belongs to ${sandbox.owner}, not to ${request.owner}`,
      `if they agree: bdsandbox ${line} --force --owner ${sandbox.owner}`,
    );
  }
  checkRights(request, sandbox.owner, sandbox.name);
}

/** @throws ConflictError for one that is being made, or never was finished */
export function checkComplete({ sandbox: { name, state } }: SandboxRecord): void {
  if (state === 'creating') {
    throw new ConflictError(`${name} is still being created`, `wait until it is ready: bdsandbox status ${name}`);
  }
  if (state === 'error') {
    throw new ConflictError(`${name} was never finished: its create was killed`, 'remove it: bdsandbox prune');
  }
}

function checkRights({ user, force }: Pick<SandboxSelection, 'user' | 'force'>, owner: string, what: string): void {
  if (owner === user || force) return;
  throw new NotOwnerError(`${what}: they belong to ${owner}, and you are ${user}`, 'if they agree, add --force');
}

function notThere({ command, owner }: SandboxSelection, name: string, everyone: readonly SandboxRecord[]): Error {
  if (!name.includes('/')) return noSandbox(name, everyone, owner);
  return new UsageError(
    `${name}: ${command} is about whole sandboxes`,
    'name the sandbox alone; single services: bdsandbox service --help',
  );
}
