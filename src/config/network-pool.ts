import { BlockList, isIPv4 } from 'node:net';
import { UsageError } from '../errors/index.js';

/**
 * Where the bridge networks of sandboxes come from, a /27 each, so 2048 of them. Chosen to meet nobody: it is private
 * (RFC 1918), outside Docker's own pools (172.17-31 and 192.168), outside what clusters and VPNs take from 10/8 by
 * default (10.0-10.10, 10.42-43 k3s, 10.96 and 10.244 kubeadm, Swarm from 10.0.0.0 upwards), and companies number 10/8
 * from below. It isn't in 100.64/10 (Tailscale) nor 198.18/15 (the fake addresses of proxy clients). And it doesn't
 * contain 10.255.0.0/24, the constant addresses inside every sandbox.
 */
export const DEFAULT_NETWORK_POOL = '10.253.0.0/16';

/** The constant addresses inside a sandbox; a bridge in it would swallow the routes between the nodes. */
const CONSTANT_ADDRESSES = { base: '10.255.0.0', prefix: 24 };

/** A sandbox takes a /27, so a pool has to be at least that big. */
const LONGEST_PREFIX = 27;

export function parseNetworkPool(text: string): string {
  const [base = '', prefixText = ''] = text.trim().split('/');
  const prefix = Number(prefixText);
  const hint = `give a private IPv4 range, such as ${DEFAULT_NETWORK_POOL}`;
  if (!isIPv4(base) || !/^\d{1,2}$/.test(prefixText) || prefix < 8 || prefix > LONGEST_PREFIX) {
    throw new UsageError(`"${text}" is no IPv4 range from /8 to /${LONGEST_PREFIX}`, hint);
  }
  if (!privateRanges().check(base)) throw new UsageError(`"${text}" is no private range`, hint);
  if (overlaps({ base, prefix }, CONSTANT_ADDRESSES)) {
    throw new UsageError(`"${text}" contains 10.255.0.0/24, the addresses inside every sandbox`, hint);
  }
  return `${base}/${prefix}`;
}

interface Range {
  readonly base: string;
  readonly prefix: number;
}

/** Two ranges overlap when the bigger one contains the start of the smaller one. */
function overlaps(one: Range, other: Range): boolean {
  const [bigger, smaller] = one.prefix <= other.prefix ? [one, other] : [other, one];
  const list = new BlockList();
  list.addSubnet(bigger.base, bigger.prefix);
  return list.check(smaller.base);
}

function privateRanges(): BlockList {
  const list = new BlockList();
  list.addSubnet('10.0.0.0', 8);
  list.addSubnet('172.16.0.0', 12);
  list.addSubnet('192.168.0.0', 16);
  list.addSubnet('100.64.0.0', 10);
  list.addSubnet('198.18.0.0', 15);
  return list;
}
