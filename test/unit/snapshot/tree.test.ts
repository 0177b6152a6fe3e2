import { describe, expect, it } from 'vitest';
import type { ImageSummary } from '../../../src/engine/index.js';
import { MemoryEngine } from '../../../src/engine/memory/index.js';
import { listSnapshots, type Manifest, treeOf } from '../../../src/snapshot/index.js';
import { addSnapshot, addUnreadable } from './engine.js';

const childOf = (name: string): Pick<Manifest, 'parent'> => ({ parent: { id: `id-of-${name}`, name } });

/** A node's image of a given size, on the cluster image of that digest. */
function image(id: string, sizeBytes: number, kind = 'snapshot'): ImageSummary {
  const labels = { 'bdsandbox.image': kind, 'bdsandbox.image.digest': 'base' };
  return { id, references: [id], labels, sizeBytes, createdAt: '' };
}

/** The engine, which is asked for sizes by the label of the cluster image. */
function withSizes(engine: MemoryEngine, images: readonly ImageSummary[]): MemoryEngine {
  const { list } = engine.images;
  engine.images.list = async (filter) => ('bdsandbox.image.digest' in filter ? [...images] : list(filter));
  return engine;
}

describe('treeOf', () => {
  it('puts children below their parents, oldest first, and orphans at the root', async () => {
    const engine = new MemoryEngine();
    await addSnapshot(engine, 'a', { createdAt: '2026-01-01T01:00:00Z' });
    await addSnapshot(engine, 'a2', { ...childOf('a'), createdAt: '2026-01-01T04:00:00Z' });
    await addSnapshot(engine, 'a1', { ...childOf('a'), createdAt: '2026-01-01T02:00:00Z' });
    await addSnapshot(engine, 'a1x', { ...childOf('a1'), createdAt: '2026-01-01T05:00:00Z' });
    await addSnapshot(engine, 'lost', { ...childOf('gone'), createdAt: '2026-01-01T03:00:00Z' });
    const rows = treeOf((await listSnapshots(engine)).snapshots);
    expect(rows.map(({ branch, snapshot, missingParent }) => [`${branch}${snapshot.name}`, missingParent])).toEqual([
      ['a', undefined],
      ['├─ a1', undefined],
      ['│  └─ a1x', undefined],
      ['└─ a2', undefined],
      ['lost', 'gone'],
    ]);
  });

  it('shows those that say to be their own ancestors', async () => {
    const engine = new MemoryEngine();
    await addSnapshot(engine, 'a', { ...childOf('b'), createdAt: '2026-01-01T01:00:00Z' });
    await addSnapshot(engine, 'b', { ...childOf('a'), createdAt: '2026-01-01T02:00:00Z' });
    await addSnapshot(engine, 'c', { ...childOf('c'), createdAt: '2026-01-01T03:00:00Z' });
    const rows = treeOf((await listSnapshots(engine)).snapshots);
    expect(rows.map(({ branch, snapshot }) => `${branch}${snapshot.name}`)).toEqual(['a', '└─ b', 'c']);
  });

  it('does not repeat children below a second name of their parent', async () => {
    const engine = new MemoryEngine();
    await addSnapshot(engine, 'a', { createdAt: '2026-01-01T01:00:00Z' });
    await engine.images.tag('bdsandbox/snapshot:a', 'bdsandbox/snapshot:b');
    await addSnapshot(engine, 'c', { ...childOf('a'), createdAt: '2026-01-01T02:00:00Z' });
    const rows = treeOf((await listSnapshots(engine)).snapshots);
    expect(rows.map(({ branch, snapshot }) => `${branch}${snapshot.name}`)).toEqual(['a', '└─ c', 'b']);
  });
});

describe('listSnapshots', () => {
  it("lists the owner's, and what came from other machines", async () => {
    const engine = new MemoryEngine({ host: 'memory' });
    await addSnapshot(engine, 'mine');
    await addSnapshot(engine, 'theirs', { owner: 'bob' });
    await addSnapshot(engine, 'pulled', { owner: 'bob', host: 'elsewhere' });
    const names = async (owner?: string) => (await listSnapshots(engine, owner)).snapshots.map(({ name }) => name);
    expect(await names('ann')).toEqual(['mine', 'pulled']);
    expect(await names()).toEqual(['mine', 'theirs', 'pulled']);
  });

  it('tells apart what it cannot read', async () => {
    const engine = new MemoryEngine({ host: 'memory' });
    await addSnapshot(engine, 'old');
    await addUnreadable(engine, 'new');
    await addUnreadable(engine, 'theirs', { owner: 'bob' });
    await addUnreadable(engine, 'broken', {}, 'no JSON');
    const { snapshots, unreadable } = await listSnapshots(engine, 'ann');
    expect(snapshots.map(({ name }) => name)).toEqual(['old']);
    expect(unreadable).toEqual([
      {
        name: 'broken',
        id: 'id-of-broken',
        owner: '',
        host: '',
        reason: 'the manifest of broken cannot be read: no JSON',
      },
      {
        name: 'new',
        id: 'id-of-new',
        owner: 'ann',
        host: 'memory',
        reason: 'the manifest of new cannot be read: it has version 2, and this bdsandbox reads version 1',
      },
    ]);
    expect((await listSnapshots(engine)).unreadable.map(({ name }) => name)).toEqual(['broken', 'new', 'theirs']);
  });

  it('counts its own, and the cluster image once', async () => {
    const engine = new MemoryEngine();
    const { evidence } = await addSnapshot(engine, 'a');
    const own = 2 * 21_000_000 + (evidence?.bytes ?? 0);
    withSizes(engine, [image('sha256:a.node1', 101_000_000), image('sha256:a.node2', 101_000_000)]);
    const { snapshots, sizes } = await listSnapshots(engine);
    expect(snapshots[0]).toMatchObject({ layerBytes: 2_000_000, memoryBytes: 40_000_000, ownBytes: own });
    expect(sizes).toEqual({
      ownBytes: own,
      baseBytes: 100_000_000,
      inheritedBytes: 0,
      totalBytes: own + 100_000_000,
    });
  });

  it("counts a parent's layers with the parent, or as inherited when it is not listed", async () => {
    const engine = new MemoryEngine();
    await addSnapshot(engine, 'a');
    await addSnapshot(engine, 'b', { ...childOf('a'), evidence: null });
    await addSnapshot(engine, 'c', { ...childOf('a'), evidence: null });
    const ofChild = (name: string) => ['node1', 'node2'].map((node) => image(`sha256:${name}.${node}`, 102_000_000));
    const images = [
      ...['node1', 'node2'].map((node) => image(`sha256:a.${node}`, 101_000_000)),
      ...ofChild('b'),
      ...ofChild('c'),
    ];
    withSizes(engine, images);
    expect((await listSnapshots(engine)).sizes).toMatchObject({ baseBytes: 100_000_000, inheritedBytes: 0 });

    await engine.images.remove('bdsandbox/snapshot:a');
    withSizes(engine, [...ofChild('b'), ...ofChild('c'), image('sha256:cluster', 100_000_000, 'cluster')]);
    // Of both nodes once, though two snapshots stand on them.
    expect((await listSnapshots(engine)).sizes).toMatchObject({ baseBytes: 100_000_000, inheritedBytes: 2_000_000 });
  });
});
