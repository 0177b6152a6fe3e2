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

export interface OpenKit {
  readonly kit: Kit;
  /** Its names mean tunnels, which end with `close`. */
  readonly isTunnel: boolean;
  close(): void;
}

/**
 * A kit for one program, as long as it runs.
 * @throws as makeKit; FailedError when no way leads to the nodes
 */
export async function openKit(
  engines: Engines,
  record: SandboxRecord,
  { root, way, connect = connectTcp }: { readonly root: string; readonly way: Way } & Pick<KitOptions, 'connect'>,
): Promise<OpenKit> {
  const direct = way === 'tunnel' ? undefined : await reachUnlessElsewhere(engines, record, { way, connect });
  if (direct) {
    const kit = await makeKit(engines, record, root, { reached: direct });
    return { kit, isTunnel: false, close: () => undefined };
  }
  mustRun(record);
  const tunnels = await openTunnels(engines, record);
  // Beside the kits of shells: those lead to the nodes themselves, and these are of use for this program alone.
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-kit-'));
  // A process that is told to end does not come to its `finally`.
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const close = (): void => {
    tunnels.close();
    remove();
    process.off('exit', remove);
  };
  try {
    const reached = { hosts: tunnels.hosts, clientAddress: '127.0.0.1' };
    return { kit: await makeKitIn(engines, record, folder, { reached }), isTunnel: true, close };
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
