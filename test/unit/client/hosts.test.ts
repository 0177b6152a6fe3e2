import { expect, test } from 'vitest';
import { jvmHosts, systemHosts } from '../../../src/client/hosts.js';

const nodes = [
  { name: 'master1', address: '10.253.0.2' },
  { name: 'worker1', address: '10.253.0.3' },
];

test('a JVM gets the nodes, and this machine under the address that nodes can call', () => {
  expect(jvmHosts(nodes, { name: 'desk', address: '10.253.0.1' })).toBe(
    '10.253.0.2 master1\n10.253.0.3 worker1\n127.0.0.1 localhost\n10.253.0.1 desk\n',
  );
});

test('a machine with a node’s name does not take it from the node', () => {
  expect(jvmHosts(nodes, { name: 'worker1', address: '10.253.0.1' })).toBe(
    '10.253.0.2 master1\n10.253.0.3 worker1\n127.0.0.1 localhost\n',
  );
});

test('an /etc/hosts keeps what it says of other names', () => {
  const current = '127.0.0.1\tlocalhost\n# 1.2.3.4 master1\n1.2.3.4 master1 git # old\n1.2.3.5 worker1\n\n::1 ip6\n';
  expect(systemHosts(nodes, current)).toBe(
    '10.253.0.2 master1\n10.253.0.3 worker1\n127.0.0.1\tlocalhost\n# 1.2.3.4 master1\n1.2.3.4 git\n\n::1 ip6\n',
  );
});
