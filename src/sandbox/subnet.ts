import { UsageError } from '../errors/index.js';

/** An IPv4 range as its first address and prefix length. */
export interface Subnet {
  readonly first: number;
  readonly prefix: number;
}

/** @throws UsageError */
export function parseSubnet(cidr: string): Subnet {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const [a = 256, b = 256, c = 256, d = 256, prefix = 33] = (match?.slice(1) ?? []).map(Number);
  if (Math.max(a, b, c, d) > 255 || prefix > 32) {
    throw new UsageError(`'${cidr}' is not an IPv4 range`, 'write it as ADDRESS/PREFIX, for example 10.253.0.0/16');
  }
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  return { first: address - (address % 2 ** (32 - prefix)), prefix };
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function formatSubnet({ first, prefix }: Subnet): string {
  return `${formatAddress(first)}/${prefix}`;
}

function overlaps(a: Subnet, b: Subnet): boolean {
  return a.first < b.first + 2 ** (32 - b.prefix) && b.first < a.first + 2 ** (32 - a.prefix);
}

/** Room for the nodes, the network's and broadcast addresses and the gateway; never smaller than a /27. */
export function prefixFor(nodes: number): number {
  return Math.min(27, 32 - Math.ceil(Math.log2(nodes + 3)));
}

/** Node 1 has the address after the gateway's, which the engine puts on the first. */
export function nodeAddress(subnet: Subnet, index: number): string {
  return formatAddress(subnet.first + 1 + index);
}

/** The subnets of a pool that none of `taken` touches, in order. */
export function* freeSubnets(pool: Subnet, prefix: number, taken: readonly Subnet[]): Generator<Subnet> {
  const size = 2 ** (32 - prefix);
  for (let first = pool.first; first + size <= pool.first + 2 ** (32 - pool.prefix); first += size) {
    const candidate = { first, prefix };
    if (!taken.some((other) => overlaps(candidate, other))) yield candidate;
  }
}
