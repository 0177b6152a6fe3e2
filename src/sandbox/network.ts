import { networkInterfaces } from 'node:os';
import type { Engine, Labels } from '../engine/index.js';
import { ConflictError, FailedError } from '../errors/index.js';
import { formatSubnet, freeSubnets, parseSubnet, prefixFor, type Subnet } from './subnet.js';

/** How many free subnets to try: each loss is another create that was a moment faster. */
const TRIES = 50;

/** A network of its own in the first free subnet of the pool. The engine decides between two that want the same. */
export async function createNetwork(
  engine: Engine,
  options: { readonly name: string; readonly labels: Labels; readonly pool: string; readonly nodes: number },
): Promise<Subnet> {
  const taken = await takenSubnets(engine);
  let tries = 0;
  for (const subnet of freeSubnets(parseSubnet(options.pool), prefixFor(options.nodes), taken)) {
    try {
      await engine.networks.create({ name: options.name, subnet: formatSubnet(subnet), labels: options.labels });
      return subnet;
    } catch (error) {
      tries += 1;
      if (!(error instanceof ConflictError) || tries === TRIES) throw error;
    }
  }
  throw new FailedError(
    `no subnet is free in the pool ${options.pool}`,
    'destroy a sandbox, or give a larger range as network.pool in the config file (BDSANDBOX_NETWORK_POOL)',
  );
}

/** How many sandboxes of up to 29 nodes the pool still has networks for, counted up to `most`. */
export async function countFreeNetworks(engine: Engine, pool: string, most: number): Promise<number> {
  let count = 0;
  for (const _ of freeSubnets(parseSubnet(pool), prefixFor(1), await takenSubnets(engine))) {
    count += 1;
    if (count === most) break;
  }
  return count;
}

async function takenSubnets(engine: Engine): Promise<Subnet[]> {
  return [...(await engine.networks.list({})).flatMap((network) => network.subnets), ...hostSubnets()]
    .filter((cidr) => !cidr.includes(':'))
    .map(parseSubnet);
}

/** Ranges this machine itself is in, such as a VPN's; they matter when the engine is local. */
function hostSubnets(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ cidr, family }) => (family === 'IPv4' && cidr !== null ? [cidr] : []));
}
