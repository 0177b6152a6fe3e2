import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { complete, type Names } from '../../../src/complete/complete.js';
import type { Manifest } from '../../../src/complete/kinds.js';
import { realNames, sandboxesOf } from '../../../src/complete/names.js';
import { createSandbox, LABELS } from '../../../src/sandbox/index.js';
import { snapshotNames } from '../../../src/snapshot/index.js';
import { manifestOfSources } from '../commands.js';
import { contextOf, request, tinyEngine } from '../sandbox/fixture.js';
import { newScene, take } from '../snapshot/fixture.js';

const NAMES: Names = {
  sandboxes: async () => [
    {
      name: 'demo',
      nodes: [
        { name: 'master1', services: ['hmaster', 'namenode'] },
        { name: 'worker1', services: ['datanode'] },
      ],
    },
    { name: 'demo-2', nodes: [{ name: 'master1', services: ['hmaster'] }] },
    { name: 'other', nodes: [{ name: 'sandbox', services: [] }] },
  ],
  snapshots: async () => ['bug-123', 'good'],
  images: async () => ['bdsandbox/tiny:1'],
  templates: async () => ['hadoop', 'hadoop-hbase'],
  components: async () => ['hbase'],
};

let manifest: Manifest;

beforeAll(async () => {
  manifest = await manifestOfSources();
});

async function values(line: string, names: Names = NAMES, limitMs = 1000): Promise<string[]> {
  const lines = await complete(line.split(' '), { manifest, names, limitMs });
  return lines.map((each) => each.split('\t')[0] ?? '');
}

describe('complete', () => {
  it.each([
    ['sna', ['snapshot', 'snapshots']],
    ['snapshots ', ['diff', 'export', 'import', 'ls', 'pull', 'push', 'rm', 'show']],
    ['help snapshots p', ['pull', 'push']],
    ['help status ', []],
    ['config s', ['set']],
    ['nonsense ', []],
    ['status ', ['demo', 'demo-2', 'other']],
    ['status demo ', []],
    ['status --sandbox d', ['demo', 'demo-2']],
    ['status --sandbox=d', ['--sandbox=demo', '--sandbox=demo-2']],
    ['destroy demo ', ['demo-2', 'other']],
    ['destroy --force o', ['other']],
    ['extend d', ['demo', 'demo-2']],
    ['rename ', ['demo', 'demo-2', 'other']],
    ['rename demo ', []],
    ['set d', ['demo', 'demo-2']],
    ['set demo ', []],
    ['exec d', ['demo', 'demo-2']],
    ['exec demo', ['demo', 'demo/master1', 'demo/worker1', 'demo-2']],
    ['exec demo/w', ['demo/worker1']],
    ['exec nobody/', []],
    ['exec demo/master1/', []],
    ['logs demo/m', ['demo/master1']],
    ['logs demo/master1/', ['demo/master1/hmaster', 'demo/master1/namenode']],
    ['logs --service h', ['hmaster']],
    ['open demo ', ['datanode', 'hmaster', 'namenode']],
    ['exec demo -- ls ', []],
    ['restore ', ['bug-123', 'good']],
    ['restore bug-123 ', []],
    ['restore --mode ', ['auto', 'live', 'cold']],
    ['restore --mode l', ['live']],
    ['restore --mode live g', ['good']],
    ['restore --mode=l', ['--mode=live']],
    ['snapshots diff bug-123 ', ['good']],
    ['snapshots pull ', []],
    ['snapshot ', []],
    ['collect ', ['demo', 'demo-2', 'other', 'bug-123', 'good']],
    ['collect -o ', [':files']],
    ['collect --output=x', [':files']],
    ['snapshots import ', [':files']],
    ['create h', ['hadoop', 'hadoop-hbase']],
    ['create hadoop ', []],
    ['create --ttl ', []],
    ['components show ', ['hbase']],
    ['images rm ', ['bdsandbox/tiny:1']],
    ['config get network', ['network.pool']],
    ['schema snap', ['snapshot', 'snapshots']],
    ['schema snapshots sh', ['show']],
    ['schema ls ', []],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['wait demo --for s', ['stopped', 'service=']],
    ['wait --for ready --for g', ['gone']],
    ['prune --a', ['--all-owners']],
    ['prune -a --a', []],
    ['prune --all-owners --a', []],
    ['wait demo --for ready --f', ['--for']],
    ['create --no-w', ['--no-wait']],
    ['create --no-wait --wa', []],
  ])('%j', async (line, expected) => {
    const found = await values(line);
    if (line === 'snapshots ' || line.startsWith('sna')) expect(found.sort()).toEqual(expected);
    else expect(found).toEqual(expected);
  });

  it('offers every command that is not hidden, and its flags with what they are', async () => {
    const topLevel = new Set(Object.keys(manifest.commands).map((id) => id.split(':')[0]));
    expect(new Set(await values(''))).toEqual(topLevel);
    const lines = await complete(['ls', '--'], { manifest, names: NAMES, limitMs: 1000 });
    expect(lines).toContain("--all-owners\teveryone's, not only yours");
    expect(lines).toContain('--quiet\tPrint names only, and no progress.');
  });

  it('says nothing where the engine fails, or does not answer', async () => {
    const dead = () => Promise.reject(new Error('no engine'));
    expect(await values('collect ', { ...NAMES, sandboxes: dead })).toEqual(['bug-123', 'good']);
    expect(await values('status ', { ...NAMES, sandboxes: () => new Promise(() => undefined) }, 5)).toEqual([]);
  });
});

describe('names', () => {
  it('of sandboxes: yours, with their nodes', async () => {
    const engine = tinyEngine();
    await createSandbox(contextOf(engine), request({ name: 'mine' }));
    await createSandbox(contextOf(engine), request({ name: 'theirs', owner: 'bob' }));
    await engine.containers.create({
      name: 'helper',
      image: 'bdsandbox/tiny:1',
      hostname: 'helper',
      labels: { [LABELS.attempt]: '', [LABELS.owner]: 'ann', [LABELS.sandbox]: 'mine', [LABELS.node]: 'helper' },
      environment: {},
    });
    expect(await sandboxesOf(engine, 'ann')).toEqual([
      { name: 'mine', nodes: ['node1', 'node2', 'node3'].map((name) => ({ name, services: ['echo'] })) },
    ]);
  });

  it('of snapshots: without golden ones', async () => {
    const { engine } = await newScene();
    await take(engine, { name: 'bug-123' });
    await take(engine, { name: 'golden-0123456789ab', golden: 'key' });
    expect(await snapshotNames(engine)).toEqual(['bug-123']);
  });

  it('of templates and components: from folders, without an engine', async () => {
    const home = mkdtempSync(join(tmpdir(), 'bdsandbox-names-'));
    try {
      const names = realNames({
        cwd: home,
        env: { BDSANDBOX_TEMPLATES: join(import.meta.dirname, '../../e2e/fixtures/templates') },
        home,
      });
      expect(await names.templates()).toEqual(expect.arrayContaining(['hadoop-hbase', 'tiny', 'zookeeper']));
      expect(await names.components()).toEqual(expect.arrayContaining(['hadoop', 'hbase']));
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
