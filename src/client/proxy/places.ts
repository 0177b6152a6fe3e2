import type { Engines } from '../../engine/index.js';
import { asSandboxError } from '../../errors/index.js';
import { findSandboxes, type SandboxRecord } from '../../sandbox/index.js';
import { runningHost } from '../reach.js';
import type { OpenWay } from '../way.js';
import { Refusal } from './refusal.js';

/** Where a name or address of the sandbox is found from here. @throws Refusal */
export type Locate = (host: string) => Promise<string>;

/** As long as nodes are taken to be where they were: a page asks for many things at once. */
const FRESH_MS = 1000;

/**
 * Leads to the nodes of one sandbox and to nothing else. Bridge addresses are asked for again and again: a node that was
 * started anew may have another, and that of a destroyed sandbox may be another's by now.
 */
export function placesOf(
  engines: Engines,
  record: SandboxRecord,
  way: OpenWay,
  now = performance.now.bind(performance),
): Locate {
  const { name, nodes } = record.sandbox;
  const indexOf = new Map(
    nodes.flatMap((node, index) => [[node.name.toLowerCase(), index] as const, [node.address, index] as const]),
  );
  let looked: { readonly at: number; readonly record: Promise<SandboxRecord | undefined> } | undefined;
  return async (host) => {
    const index = indexOf.get(host.toLowerCase().replace(/\.$/, ''));
    if (index === undefined) {
      const known = nodes.map((node) => node.name).join(', ');
      throw new Refusal('elsewhere', `${host} is no node of ${name}; this proxy leads to ${known} alone`);
    }
    if (way.isTunnel) return way.hosts[index]?.address ?? '';
    if (!looked || now() - looked.at > FRESH_MS) looked = { at: now(), record: look(engines, record) };
    const node = (await looked.record)?.sandbox.nodes.find((each) => each.address === nodes[index]?.address);
    if (!node) throw new Refusal('down', `${host} of ${name} is gone`);
    return orRefuse(() => runningHost(name, node).address);
  };
}

function look(engines: Engines, { attempt }: SandboxRecord): Promise<SandboxRecord | undefined> {
  return orRefuse(async () => (await findSandboxes(engines, { attempt }))[0]);
}

async function orRefuse<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { message, hint } = asSandboxError(error);
    throw new Refusal('down', `${message}: ${hint}`);
  }
}
