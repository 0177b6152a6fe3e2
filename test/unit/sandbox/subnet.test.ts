import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors/index.js';
import { formatSubnet, freeSubnets, nodeAddress, parseSubnet, prefixFor } from '../../../src/sandbox/subnet.js';

describe('parseSubnet', () => {
  test.each([
    ['10.253.0.0/16', '10.253.0.0/16'],
    ['10.253.7.9/16', '10.253.0.0/16'],
    ['192.168.1.63/27', '192.168.1.32/27'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['200.1.2.3/0', '0.0.0.0/0'],
  ])('%s is the range %s', (cidr, expected) => {
    expect(formatSubnet(parseSubnet(cidr))).toBe(expected);
  });

  test.each(['', '10.0.0.0', '10.0.0/8', '10.0.0.256/8', '10.0.0.0/33', '10.0.0.0/', 'fd00::/8', ' 10.0.0.0/8'])(
    'refuses %j',
    (cidr) => {
      expect(() => parseSubnet(cidr)).toThrow(UsageError);
    },
  );
});

describe('prefixFor', () => {
  test.each([
    [1, 27],
    [29, 27],
    [30, 26],
    [60, 26],
    [61, 26],
    [62, 25],
  ])('%i nodes fit in a /%i with their gateway', (nodes, prefix) => {
    expect(prefixFor(nodes)).toBe(prefix);
    // The last node's address is neither the broadcast address nor in the next subnet.
    const last = nodeAddress(parseSubnet('10.0.0.0/8'), nodes);
    const end = 2 ** (32 - prefix);
    expect(Number(last.split('.')[3])).toBe(nodes + 1);
    expect(nodes + 1).toBeLessThan(end - 1);
  });
});

test('node addresses follow the gateway’s, over the end of an octet', () => {
  expect([1, 2].map((index) => nodeAddress(parseSubnet('10.253.0.32/27'), index))).toEqual([
    '10.253.0.34',
    '10.253.0.35',
  ]);
  expect(nodeAddress(parseSubnet('10.253.0.0/16'), 255)).toBe('10.253.1.0');
});

describe('freeSubnets', () => {
  test.each<[string, string, number, string[], string[]]>([
    ['all of a pool in order', '10.0.0.0/29', 31, [], ['10.0.0.0/31', '10.0.0.2/31', '10.0.0.4/31', '10.0.0.6/31']],
    ['what is left beside a taken one', '10.0.0.0/30', 31, ['10.0.0.0/31'], ['10.0.0.2/31']],
    ['what a single taken address leaves', '10.0.0.0/30', 31, ['10.0.0.3/32'], ['10.0.0.0/31']],
    ['what a taken one leaves that begins before the pool', '10.0.0.4/30', 31, ['10.0.0.0/29'], []],
    [
      'all where neighbours end just before and begin just after',
      '10.0.0.4/30',
      30,
      ['10.0.0.0/30', '10.0.0.8/30'],
      ['10.0.0.4/30'],
    ],
    ['nothing in a pool that a larger network covers', '10.0.0.0/24', 27, ['10.0.0.0/8'], []],
    ['nothing in a pool that is smaller than what is wanted', '10.0.0.0/28', 27, [], []],
    ['the pool itself', '10.0.0.0/27', 27, [], ['10.0.0.0/27']],
    ['the end of all addresses', '255.255.255.252/30', 31, [], ['255.255.255.252/31', '255.255.255.254/31']],
  ])('gives %s', (_, pool, prefix, taken, expected) => {
    const found = freeSubnets(parseSubnet(pool), prefix, taken.map(parseSubnet));
    expect([...found].map(formatSubnet)).toEqual(expected);
  });

  test('gives every one of the default pool once', () => {
    const all = [...freeSubnets(parseSubnet('10.253.0.0/16'), 27, [])].map(formatSubnet);
    expect(new Set(all).size).toBe(2048);
    expect(all.at(-1)).toBe('10.253.255.224/27');
  });
});
