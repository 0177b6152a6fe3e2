import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Engine, Engines } from '../engine/index.js';
import { NotFoundError } from '../errors/index.js';
import { LABELS, type SandboxRecord } from '../sandbox/index.js';
import { holdsSecret } from '../secrets/index.js';
import { type KitFile, readClientConfig } from './client-config.js';
import { type Connect, connectTcp } from './connect.js';
import { jvmHosts, systemHosts } from './hosts.js';
import { mustBeOfKit, removeOldKits, writeKit } from './kit-folder.js';
import { type ClientLevel, withLevel } from './log-level.js';
import { type Reached, reachNodes } from './reach.js';
import type { Shell } from './shell.js';
import { sourceFile } from './source-file.js';
import { JVM_HOSTS, type Kit, SYSTEM_HOSTS } from './types.js';

export interface KitOptions {
  /** How nodes are reached; by TCP when absent. */
  readonly connect?: Connect;
  /** Where they are reached, known already. */
  readonly reached?: Reached;
  /** Of clients; as in the node when absent. Such a kit is one of its own. */
  readonly logLevel?: ClientLevel | undefined;
}

/**
 * The kit of a sandbox in the user's cache, made anew: bridge addresses change when nodes start again. Kits of sandboxes
 * that are gone are removed in passing.
 * @throws ConflictError, FailedError when programs here cannot reach the nodes
 */
export async function makeKit(
  engines: Engines,
  record: SandboxRecord,
  root: string,
  options: KitOptions = {},
): Promise<Kit> {
  const level = options.logLevel === undefined ? '' : `-${options.logLevel.toLowerCase()}`;
  const folder = path.join(root, `${record.sandbox.name}-${record.attempt.slice(0, 8)}${level}`);
  const kit = await makeKitIn(engines, record, folder, options);
  await removeOldKits(root, await engineName(engines), folder, () => attemptsOf(engines.on(engines.home)));
  return kit;
}

/** The same in just this folder. */
export async function makeKitIn(
  engines: Engines,
  record: SandboxRecord,
  folder: string,
  options: KitOptions,
): Promise<Kit> {
  const { kit, files } = await prepareKit(engines, record, folder, options);
  await writeKit({ folder, mark: await markOf(engines, record), files, isForAll: true });
  return kit;
}

/**
 * The kit in a folder of the user's choice, with a file to source.
 * @throws ConflictError for files there that are not of a kit, unless forced; as makeKit
 */
export async function writeKitTo(
  engines: Engines,
  record: SandboxRecord,
  target: { readonly folder: string; readonly shell: Shell; readonly force: boolean },
  options: KitOptions = {},
): Promise<{ readonly kit: Kit; readonly source: string }> {
  const { kit, files } = await prepareKit(engines, record, target.folder, options);
  const source = sourceFile(kit, target.shell);
  const all = [...files, source];
  if (!target.force) await mustBeOfKit(target.folder, all);
  await writeKit({ folder: target.folder, mark: await markOf(engines, record), files: all, isForAll: false });
  return {
    kit: { ...kit, files: all.map((file) => file.path) },
    source: path.join(target.folder, source.path),
  };
}

async function prepareKit(
  engines: Engines,
  record: SandboxRecord,
  folder: string,
  { connect = connectTcp, reached, logLevel }: KitOptions,
): Promise<{ kit: Kit; files: KitFile[] }> {
  const [first] = record.containers;
  if (!first) throw new NotFoundError(`${record.sandbox.name} has no nodes`, 'see bdsandbox ls');
  const { hosts, clientAddress } = reached ?? (await reachNodes(engines, record, connect));
  const config = await readClientConfig(engines.on(first.host), first.summary.id);
  const self = { name: hostname(), address: clientAddress };
  const current = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
  const levelled = logLevel === undefined ? config.files : withLevel(config.files, logLevel);
  const files = [
    // What a client needs to prove itself is in config; the rest is names and addresses.
    ...(levelled ?? config.files).map((file) => ({ ...file, isSecret: holdsSecret(file.path, file.content) })),
    { path: JVM_HOSTS, content: jvmHosts(hosts, self) },
    { path: SYSTEM_HOSTS, content: systemHosts(hosts, current) },
  ];
  const kit = {
    sandbox: record.sandbox.name,
    folder,
    hosts,
    clientAddress,
    folders: config.folders,
    files: files.map((file) => file.path),
    problems: levelled ? config.problems : [...config.problems, 'no config file says at which level clients log'],
  };
  return { kit, files };
}

async function markOf(
  engines: Engines,
  { sandbox, attempt }: SandboxRecord,
): Promise<{ sandbox: string; attempt: string; engine: string }> {
  return { sandbox: sandbox.name, attempt, engine: await engineName(engines) };
}

/** Machines may have several engines, with a folder each. */
async function engineName(engines: Engines): Promise<string> {
  const { name, rootDirectory } = await engines.on(engines.home).info();
  return `${name}:${rootDirectory}`;
}

async function attemptsOf(engine: Engine): Promise<Set<string>> {
  const containers = await engine.containers.list({ [LABELS.attempt]: '' });
  return new Set(containers.map(({ labels }) => labels[LABELS.attempt] ?? ''));
}
