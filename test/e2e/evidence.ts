import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { type Evidence, readEvidence } from '../../src/evidence/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { inNode, json } from './cli.js';

const SECRET = 'hunter2-e2e';

/** What somebody does to a node by hand, and a bug report should tell. */
export async function changeByHand(node: string): Promise<void> {
  await inNode(
    node,
    `echo '<!-- changed by hand -->' >> /etc/hadoop/hdfs-site.xml
     echo 'some.password=${SECRET}' > /etc/hbase/by-hand.properties`,
  );
}

/** The bundle of a sandbox, as `collect` writes it. */
export function evidenceOf(name: string): Promise<Evidence> {
  return read((file) => json(['collect', name, '-o', file]));
}

export function evidenceOfSnapshot(name: string): Promise<Evidence> {
  return read((file) => json(['collect', name, '--snapshot', '-o', file]));
}

async function read(collect: (file: string) => Promise<unknown>): Promise<Evidence> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-evidence-'));
  try {
    const file = path.join(folder, 'evidence.tar.zst');
    await collect(file);
    return await readEvidence(createReadStream(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Everything of every node: states, stacks and heap of each JVM, pages, connections, logs, config beside the plan. */
export function expectWholeScene(evidence: Evidence, sandbox: Sandbox): void {
  const paths = new Set(evidence.entries.map((entry) => entry.path));
  expect(evidence.text('problems.txt')).toBeUndefined();
  // The logs of a cluster from a golden begin with it, and a daemon at rest says little.
  const leastLog = sandbox.startedFrom === 'golden' ? -1 : 1000;
  expect(evidence.nodes).toEqual(sandbox.nodes.map(({ name }) => name).sort());
  for (const [index, { name: node, services }] of sandbox.nodes.entries()) {
    const text = (file: string): string => evidence.text(`${node}/${file}`) ?? `${node} has no ${file}`;
    for (const { name, pid } of services) {
      expect(text(`views/jvm/${name}.${pid}.threads.txt`)).toContain('Full thread dump');
      expect(text(`views/jvm/${name}.${pid}.heap.txt`)).toMatch(/def new generation\s+total/);
      expect(text('views/processes.txt')).toMatch(new RegExp(`^ *${pid} .*java`, 'm'));
      expect(text('views/connections.txt')).toContain(`pid=${pid},`);
      expect(evidence.entries.find((entry) => entry.path === `${node}/logs/${name}.log`)?.size).toBeGreaterThan(
        leastLog,
      );
    }
    const states = JSON.parse(text('views/services.json')) as { name: string; state: string }[];
    expect(states.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(
      services.map(({ name }) => `${name} ready`).sort(),
    );
    const has = (service: string): boolean => services.some(({ name }) => name === service);
    if (has('namenode')) expect(text('views/status/namenode-state.json')).toContain('"NumLiveDataNodes"');
    if (has('hmaster')) expect(text('views/status/hmaster-server.json')).toContain('"numRegionServers"');
    if (has('zookeeper')) expect(text('views/status/zookeeper-srvr.txt')).toContain('Mode:');
    expect(text('views/disk.txt')).toContain('Filesystem');
    expect(text('views/versions.txt')).toMatch(/^criu /m);
    for (const file of ['views/memory.txt', 'views/states.txt', 'config/etc/hadoop/core-site.xml']) {
      expect(paths).toContain(`${node}/${file}`);
      expect(text(file).length).toBeGreaterThan(50);
    }
    const changed = text('config.diff').match(/^\+\+\+ .*$/gm) ?? [];
    // Only what `changeByHand` has done.
    expect(changed, text('config.diff')).toEqual(
      index === 0 ? ['+++ config/etc/hadoop/hdfs-site.xml', '+++ config/etc/hbase/by-hand.properties'] : [],
    );
    if (index === 0) expect(text('config.diff')).toContain('+some.password=<redacted>');
  }
  expect(evidence.text('events.jsonl')).toContain('"what":"created"');
  const all = evidence.entries.map((entry) => evidence.text(entry.path) ?? '');
  expect(all.filter((text) => text.includes(SECRET))).toEqual([]);
}
