import { expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { inNode, json, ok } from './cli.js';

/** What is written into a cluster before it is snapshot, and what tells whether a copy holds exactly that. */

/** Rows FROM to TO - 1 of the table `scene`, which is made for row 0. */
export async function putRows(node: string, from: number, to: number): Promise<void> {
  const create = "create 'scene', 'f', SPLITS => ['r05000', 'r10000', 'r15000']";
  const script = `${from === 0 ? create : ''}
t = get_table('scene')
(${from}...${to}).each { |i| t.put(format('r%05d', i), 'f:v', "value #{i}") }
puts "put #{${to} - ${from}}"
`;
  expect(await hbaseShell(node, script)).toContain(`put ${to - from}`);
}

/** Number of rows, and of those that have not the value that was written. */
export async function countRows(node: string): Promise<{ rows: number; wrong: number }> {
  const script = `t = get_table('scene')
rows = 0
wrong = 0
t._scan_internal('CACHE' => 5000) { |row, cells|
  rows += 1
  wrong += 1 unless cells.to_s.include?("value=value #{row[1..-1].to_i}")
}
puts "rows=#{rows} wrong=#{wrong}"
`;
  const [, rows, wrong] = /rows=(\d+) wrong=(\d+)/.exec(await hbaseShell(node, script)) ?? [];
  return { rows: Number(rows), wrong: Number(wrong) };
}

function hbaseShell(node: string, script: string): Promise<string> {
  return ok(['exec', node, '--', 'hbase', 'shell', '-n'], { input: script });
}

/** @returns sha256 of the file's random bytes */
export async function putFile(node: string, path: string, bytes: number): Promise<string> {
  const output = await inNode(
    node,
    `head -c ${bytes} /dev/urandom > /tmp/scene.bin
     hdfs dfs -mkdir -p ${path.replace(/\/[^/]*$/, '')} 2>/dev/null
     hdfs dfs -put -f /tmp/scene.bin ${path} 2>/dev/null
     sha256sum < /tmp/scene.bin; rm /tmp/scene.bin`,
  );
  return /[0-9a-f]{64}/.exec(output)?.[0] ?? 'nothing written';
}

/** undefined when there is no such file. */
export async function fileDigest(node: string, path: string): Promise<string | undefined> {
  const output = await inNode(
    node,
    `hdfs dfs -test -e ${path} 2>/dev/null || { echo none; exit 0; }; hdfs dfs -cat ${path} 2>/dev/null | sha256sum`,
  );
  return /[0-9a-f]{64}/.exec(output)?.[0];
}

export async function expectNoDamage(node: string): Promise<void> {
  const report = await inNode(node, 'hdfs fsck / 2>&1');
  expect(report).toContain("The filesystem under path '/' is HEALTHY");
}

/** What a process that really goes on keeps: its id, and when it began by its own clock; ZooKeeper's sessions. */
export async function identities(name: string): Promise<Record<string, unknown>> {
  const sandbox = await json<Sandbox>(['status', name]);
  const processes = sandbox.nodes.flatMap((node) =>
    node.services.map(({ name: service, pid, since }) => `${node.name} ${service} ${pid} ${since}`),
  );
  const starts = await Promise.all(
    sandbox.nodes.flatMap((node) =>
      node.ports
        .filter(({ url, service }) => url !== null && /^(namenode|hmaster|datanode|regionserver)$/.test(service))
        .map(async ({ url, service }) => {
          const page = new URL('/jmx?get=java.lang:type=Runtime::StartTime', url ?? '');
          const answer = await (await fetch(page, { signal: AbortSignal.timeout(20_000) })).text();
          return `${node.name} ${service} ${/"StartTime" : (\d+)/.exec(answer)?.[1]}`;
        }),
    ),
  );
  return { processes, starts: starts.sort(), sessions: await sessions(sandbox) };
}

/** Ephemeral nodes of HBase's servers with the session that each hangs on. */
async function sessions({ name, nodes }: Sandbox): Promise<string[]> {
  const [first] = nodes.filter(({ services }) => services.some((each) => each.name === 'zookeeper'));
  const script = `for path in /hbase/master $(zkCli -server ${first?.name}:2181 ls /hbase/rs 2>/dev/null | tail -n 1 | tr -d '[],'); do
  [[ $path == /* ]] || path=/hbase/rs/$path
  echo "$path $(zkCli -server ${first?.name}:2181 stat $path 2>/dev/null | grep ephemeralOwner)"
done`;
  const output = await inNode(`${name}/${first?.name}`, script);
  return output.match(/^\/hbase\/\S+ ephemeralOwner = 0x[0-9a-f]+$/gm)?.sort() ?? [];
}
