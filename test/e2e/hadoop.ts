import { expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { inNode, ok } from './cli.js';

/** What a Hadoop and HBase user does with a cluster; each throws unless the cluster did it right. */

/** 100 MB of random bytes, written by the node's client and read back: the same sha256. */
export async function hdfsRoundTrip(node: string, path = '/e2e/random.bin'): Promise<string> {
  const output = await inNode(
    node,
    `head -c 100000000 /dev/urandom > /tmp/random.bin
     hdfs dfs -mkdir -p ${path.replace(/\/[^/]*$/, '')}
     hdfs dfs -put -f /tmp/random.bin ${path}
     sha256sum < /tmp/random.bin
     hdfs dfs -cat ${path} | sha256sum
     rm /tmp/random.bin`,
  );
  const [written, read] = output.match(/[0-9a-f]{64}/g) ?? [];
  expect(read).toBe(written);
  expect(written).toHaveLength(64);
  return written ?? '';
}

export async function expectHealthy(node: string, replicas: number): Promise<void> {
  const report = await inNode(node, 'hdfs fsck /e2e -files -blocks 2>&1');
  expect(report).toContain("The filesystem under path '/e2e' is HEALTHY");
  expect(Number(/Average block replication:\s+([\d.]+)/.exec(report)?.[1])).toBe(replicas);
  expect(Number(/Default replication factor:\s+(\d+)/.exec(report)?.[1])).toBe(replicas);
}

/** Rows r00000 to r09999 of a table with four regions, written and counted by `hbase shell`. */
export async function hbaseRows(node: string): Promise<void> {
  const script = `create 'e2e', 'f', SPLITS => ['r02500', 'r05000', 'r07500']
t = get_table('e2e')
10000.times { |i| t.put(format('r%05d', i), 'f:v', "value #{i}") }
flush 'e2e'
count 'e2e', INTERVAL => 5000
scan 'e2e', {STARTROW => 'r07499', LIMIT => 2}
`;
  const output = await ok(['exec', node, '--', 'hbase', 'shell', '-n'], { input: script });
  expect(output).toMatch(/10000 row\(s\)/);
  expect(output).toMatch(/r07499.*value=value 7499/);
  expect(output).toMatch(/r07500.*value=value 7500/);
  const regions = await inNode(node, `echo "list_regions 'e2e'" | hbase shell -n`);
  // A region's name is TABLE,START,TIMESTAMP.ENCODED.
  expect(new Set(regions.match(/e2e,\w*,\d+\.[0-9a-f]{32}/g)).size).toBe(4);
}

export async function mapReduceJobs(node: string): Promise<void> {
  const jar = '/opt/hadoop/share/hadoop/mapreduce/hadoop-mapreduce-examples-*.jar';
  const pi = await inNode(node, `hadoop jar ${jar} pi 2 10 2>&1`);
  expect(pi).toMatch(/Estimated value of Pi is 3\.\d+/);
  const words = await inNode(
    node,
    `hdfs dfs -mkdir -p /e2e/in
     seq 1 1000 | awk '{ print "even odd word" $1 % 7 }' | hdfs dfs -put -f - /e2e/in/words.txt
     hdfs dfs -rm -r -f /e2e/out >&2
     hadoop jar ${jar} wordcount /e2e/in /e2e/out >&2
     hdfs dfs -cat '/e2e/out/part-r-*'`,
  );
  expect(words).toMatch(/^even\t1000$/m);
  expect(words).toMatch(/^word0\t142$/m);
  const applications = await inNode(node, 'yarn application -list -appStates ALL 2>/dev/null');
  expect(applications.match(/FINISHED\s+SUCCEEDED/g)).toHaveLength(2);
}

/** Modes of the ensemble's members, as each says of itself. */
export async function zooKeeperModes(nodes: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    nodes.map((node) => inNode(node, 'exec 3<>/dev/tcp/$HOSTNAME/2181; printf srvr >&3; cat <&3')),
  );
  return answers.map((answer) => /^Mode: (\w+)/m.exec(answer)?.[1] ?? 'none').sort();
}

/** Every published web page, by its service: HTTP status from the host. */
export async function webPages(sandbox: Sandbox): Promise<Record<string, number>> {
  const pages = sandbox.nodes.flatMap((node) =>
    node.ports.flatMap(({ url, service }) => (url === null ? [] : [{ key: `${node.name} ${service}`, url }])),
  );
  const statuses = await Promise.all(
    pages.map(async ({ key, url }) => {
      const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      await response.body?.cancel();
      return [key, response.status] as const;
    }),
  );
  return Object.fromEntries(statuses);
}
