import type { Engines } from '../../engine/index.js';
import { ConflictError, UsageError } from '../../errors/index.js';
import { findSandbox, findSandboxes, type NodeContainer, nodeOf, type SandboxRecord } from '../inventory.js';
import { noService } from '../not-there.js';
import { nodeName } from '../planned.js';
import { checkOwner } from '../select.js';

/** A service on one node. */
export interface ServicePlace {
  readonly container: NodeContainer;
  readonly node: string;
  readonly service: string;
}

export interface ServiceWords {
  /** [SANDBOX[/NODE]] SERVICE..., or SANDBOX/NODE/SERVICE, as given. */
  readonly words: readonly string[];
  /** Where the words name no sandbox; the owner's only one when absent. */
  readonly sandbox?: string | undefined;
  readonly owner: string;
  /** Whether services are named: they may be (none means all), must be, or are all of them without a name. */
  readonly services: 'optional' | 'required' | 'all';
}

export type OwnServiceWords = ServiceWords & Parameters<typeof checkOwner>[1];

export interface FoundServices {
  readonly record: SandboxRecord;
  readonly places: readonly ServicePlace[];
}

/**
 * The services that the words mean, on every node that has them. The first word is a sandbox where there is one of that
 * name, unless it stands alone where a service is needed.
 * @throws NotFoundError, UsageError
 */
export async function findServices(engines: Engines, wanted: ServiceWords): Promise<FoundServices> {
  const { words, services: wish } = wanted;
  const [first = ''] = words;
  const known = new Set((await findSandboxes(engines)).map(({ sandbox }) => sandbox.name));
  if (first.includes('/')) {
    const [name, node, service, ...more] = first.split('/');
    if (more.length > 0 || [name, node, service].includes('')) {
      throw new UsageError(`'${first}' is not SANDBOX/NODE or SANDBOX/NODE/SERVICE`, 'see bdsandbox service ls');
    }
    const record = await findSandbox(engines, name, wanted.owner);
    const services = [...(service === undefined ? [] : [service]), ...words.slice(1)];
    return { record, places: placesOf(record, node, services, wish) };
  }
  if (known.has(first) && (words.length > 1 || wish !== 'required')) {
    const record = await findSandbox(engines, first, wanted.owner);
    return { record, places: placesOf(record, undefined, words.slice(1), wish) };
  }
  const record = await defaultSandbox(engines, wanted, known);
  try {
    return { record, places: placesOf(record, undefined, words, wish) };
  } catch (error) {
    if (words.length === 1 && known.has(first)) throw whichServices(first);
    throw error;
  }
}

/** As findServices, to change them. @throws NotOwnerError too */
export async function findOwnServices(engines: Engines, wanted: OwnServiceWords): Promise<FoundServices> {
  const found = await findServices(engines, wanted);
  checkOwner(found.record, wanted);
  return found;
}

/** @throws ConflictError when a node that one of them is on does not run */
export function checkRunning({ record, places }: FoundServices): void {
  const idle = places.find(({ container }) => container.summary.state !== 'running');
  if (!idle) return;
  const { name } = record.sandbox;
  const { state } = idle.container.summary;
  const verb = state === 'paused' ? 'resume' : 'start';
  throw new ConflictError(`node ${idle.node} of ${name} is ${state}`, `first: bdsandbox ${verb} ${name}`);
}

async function defaultSandbox(
  engines: Engines,
  { words, sandbox, owner }: ServiceWords,
  known: ReadonlySet<string>,
): Promise<SandboxRecord> {
  const [first = ''] = words;
  try {
    return await findSandbox(engines, sandbox, owner);
  } catch (error) {
    if (error instanceof UsageError && words.length === 1 && known.has(first)) throw whichServices(first);
    throw error;
  }
}

function placesOf(
  record: SandboxRecord,
  node: string | undefined,
  services: readonly string[],
  wish: ServiceWords['services'],
): ServicePlace[] {
  const containers = node === undefined ? record.containers : [nodeOf(record, node, 'service')];
  const all = containers.flatMap((container) =>
    container.services.map(({ name }) => ({ container, node: nodeName(container), service: name })),
  );
  if (services.length === 0) {
    if (wish !== 'required') return all;
    throw whichServices(node === undefined ? record.sandbox.name : `${record.sandbox.name}/${node}`);
  }
  if (wish === 'all') throw new UsageError('--all, or names of services: one of the two', 'leave one of them out');
  const missing = services.find((name) => !all.some(({ service }) => service === name));
  if (missing !== undefined) {
    const where = node === undefined ? record.sandbox.name : `${record.sandbox.name}/${node}`;
    throw noService(
      where,
      missing,
      all.map(({ service }) => service),
    );
  }
  return all.filter(({ service }) => services.includes(service));
}

function whichServices(where: string): UsageError {
  return new UsageError(`say which services of ${where}`, `see bdsandbox service ls ${where}; for all of them: --all`);
}
