import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engines } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import type { SandboxRecord } from '../sandbox/index.js';
import { type Connect, connectTcp } from './connect.js';
import { type KitOptions, makeKit, makeKitIn } from './kit.js';
import { mustRun, type Reached, reachNodes } from './reach.js';
import { openTunnels } from './tunnel.js';
import type { Kit } from './types.js';

/** How programs come to the nodes: by their addresses, through the engine, or by the first of these that works. */
export const WAYS = ['auto', 'direct', 'tunnel'] as const;
export type Way = (typeof WAYS)[number];

/** A way that is open: where the nodes are found on it, until it is closed. */
export interface OpenWay extends Reached {
  /** The hosts are ends of tunnels. */
  readonly isTunnel: boolean;
  close(): void;
}

export interface OpenKit {
  readonly kit: Kit;
  /** Its names mean tunnels, which end with `close`. */
  readonly isTunnel: boolean;
  close(): void;
}

interface WayOptions extends Pick<KitOptions, 'connect'> {
  readonly way: Way;
}

/** @throws ConflictError when a node does not run, FailedError when no way leads to the nodes */
export async function openWay(
  engines: Engines,
  record: SandboxRecord,
  { way, connect = connectTcp }: WayOptions,
): Promise<OpenWay> {
  const direct = way === 'tunnel' ? undefined : await reachUnlessElsewhere(engines, record, { way, connect });
  if (direct) return { ...direct, isTunnel: false, close: () => undefined };
  mustRun(record);
  const { hosts, close } = await openTunnels(engines, record);
  return { hosts, clientAddress: '127.0.0.1', isTunnel: true, close };
}

/** What a way through the engine means for a program that expected another. */
export function throughEngine({ sandbox }: SandboxRecord): string {
  return `the nodes of ${sandbox.name} are not reached from here: it goes through the engine, to the ports of services alone`;
}

/**
 * A kit for one program, as long as it runs.
 * @throws as makeKit; FailedError when no way leads to the nodes
 */
export async function openKit(
  engines: Engines,
  record: SandboxRecord,
  { root, logLevel, ...options }: { readonly root: string } & WayOptions & Pick<KitOptions, 'logLevel'>,
): Promise<OpenKit> {
  const reached = await openWay(engines, record, options);
  const { isTunnel } = reached;
  if (!isTunnel)
    return { kit: await makeKit(engines, record, root, { reached, logLevel }), isTunnel, close: reached.close };
  // Beside the kits of shells: those lead to the nodes themselves, and these are of use for this program alone.
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-kit-'));
  // A process that is told to end does not come to its `finally`.
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const close = (): void => {
    reached.close();
    remove();
    process.off('exit', remove);
  };
  try {
    return { kit: await makeKitIn(engines, record, folder, { reached, logLevel }), isTunnel, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** undefined where the nodes' addresses are not reached, and a tunnel may do. */
async function reachUnlessElsewhere(
  engines: Engines,
  record: SandboxRecord,
  { way, connect }: { readonly way: Way; readonly connect: Connect },
): Promise<Reached | undefined> {
  try {
    return await reachNodes(engines, record, connect);
  } catch (error) {
    // Beside Linux only one loopback address is there by itself.
    if (way === 'auto' && error instanceof FailedError && process.platform === 'linux') return undefined;
    throw error;
  }
}
