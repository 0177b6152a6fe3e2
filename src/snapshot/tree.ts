import type { Engine, ImageSummary } from '../engine/index.js';
import { IMAGE_LABELS } from '../images/index.js';
import { findAllSnapshots, type Snapshot, type UnreadableSnapshot } from './inventory.js';
import type { Manifest } from './manifest.js';
import type { Provenance } from './provenance.js';
import { type OwnSizes, ownSizes } from './sizes.js';

/** What `snapshots ls` says of one; docs/reference/json.md. */
export interface ListedSnapshot
  extends OwnSizes,
    Provenance,
    Pick<
      Manifest,
      'name' | 'id' | 'mode' | 'reason' | 'sandbox' | 'owner' | 'host' | 'createdAt' | 'frozenMs' | 'note' | 'parent'
    > {
  /** What `create` begins with, unasked; listed with everybody's. */
  readonly golden: boolean;
  readonly template: string;
  readonly nodes: readonly string[];
}

export interface SnapshotSizes {
  /** Of all listed ones. */
  readonly ownBytes: number;
  /** Cluster images that they stand on, each once. */
  readonly baseBytes: number;
  /** Layers of parents that are not listed, which stay as long as somebody stands on them. */
  readonly inheritedBytes: number;
  readonly totalBytes: number;
}

export interface SnapshotList {
  /** Oldest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly sizes: SnapshotSizes;
  /** By name; they do not count in the sizes. */
  readonly unreadable: readonly Pick<UnreadableSnapshot, 'name' | 'id' | 'owner' | 'host' | 'reason'>[];
}

/** Snapshots have it from the cluster image at the bottom of their layers, through all generations. */
const BASE = IMAGE_LABELS.digest;

/** @param owner this one's, and what came from other machines, whoever took it; everybody's when absent */
export async function listSnapshots(engine: Engine, owner?: string): Promise<SnapshotList> {
  const [found, images, here] = await Promise.all([
    findAllSnapshots(engine),
    engine.images.list({ [BASE]: '' }),
    owner === undefined ? undefined : engine.info(),
  ]);
  const isWanted = (each: Pick<Manifest, 'owner' | 'host'>): boolean =>
    owner === undefined || each.owner === owner || each.host !== here?.name;
  // Goldens are nobody's, and there for `create`.
  const manifests = found.snapshots.filter(
    ({ golden, ...each }) => (owner === undefined || golden === '') && isWanted(each),
  );
  return {
    snapshots: manifests.map(listed),
    sizes: sizesOf(manifests, images),
    unreadable: found.unreadable.filter(isWanted).map(({ memory: _, ...each }) => each),
  };
}

function listed(manifest: Snapshot): ListedSnapshot {
  const { name, id, mode, reason, sandbox, owner, host, createdAt, frozenMs, note, parent, origin, trusted } = manifest;
  return {
    ...{ name, id, mode, reason, sandbox, owner, host, createdAt, frozenMs, note, parent, origin, trusted },
    golden: manifest.golden !== '',
    template: manifest.plan.template,
    nodes: manifest.nodes.map((node) => node.name),
    ...ownSizes(manifest),
  };
}

function sizesOf(manifests: readonly Manifest[], images: readonly ImageSummary[]): SnapshotSizes {
  // One snapshot may have two names.
  const distinct = [...new Map(manifests.map((each) => [each.id, each])).values()];
  const ids = new Set(distinct.map(({ id }) => id));
  const known = new Map(images.map((image) => [image.id, image]));
  /** What lies below each node's own layer. */
  const below = distinct.flatMap(({ nodes, parent }) =>
    nodes.flatMap(({ name, digest, layerBytes }) => {
      const image = known.get(digest);
      if (!image) return [];
      const inherits = parent !== null && !ids.has(parent.id) ? `${parent.id} ${name}` : undefined;
      return [{ base: image.labels[BASE] ?? '', bytes: image.sizeBytes - layerBytes, inherits }];
    }),
  );
  const clusters = images.filter(({ labels }) => labels[IMAGE_LABELS.kind] === 'cluster');
  const bases = new Map<string, number>();
  for (const { base } of below) {
    // The cluster image itself may be gone, its layers are not; then the least that stands there is all of it.
    const sizes = [
      ...below.filter((each) => each.base === base).map(({ bytes }) => bytes),
      ...clusters.filter(({ labels }) => labels[BASE] === base).map(({ sizeBytes }) => sizeBytes),
    ];
    bases.set(base, Math.min(...sizes));
  }
  const inherited = new Map(
    below.flatMap(({ inherits, base, bytes }) =>
      inherits === undefined ? [] : [[inherits, bytes - (bases.get(base) ?? 0)] as const],
    ),
  );
  const ownBytes = sum(distinct.map((each) => ownSizes(each).ownBytes));
  const baseBytes = sum(bases.values());
  const inheritedBytes = sum(inherited.values());
  return { ownBytes, baseBytes, inheritedBytes, totalBytes: ownBytes + baseBytes + inheritedBytes };
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

export interface TreeRow {
  readonly snapshot: ListedSnapshot;
  /** What stands before the name, such as "│  └─ ". */
  readonly branch: string;
  /** Name of a parent that is not listed. */
  readonly missingParent: string | undefined;
}

/** Lineage: a snapshot of a sandbox that was restored from another one stands below that one. */
export function treeOf(snapshots: readonly ListedSnapshot[]): TreeRow[] {
  const first = new Map<string, ListedSnapshot>();
  for (const each of snapshots) if (!first.has(each.id)) first.set(each.id, each);
  // A parent is older. One that came from elsewhere can say otherwise, and would be its own ancestor.
  const place = new Map(snapshots.map((each, index) => [each, index]));
  const parentOf = (each: ListedSnapshot): ListedSnapshot | undefined => {
    const parent = first.get(each.parent?.id ?? '');
    return parent && (place.get(parent) ?? 0) < (place.get(each) ?? 0) ? parent : undefined;
  };
  const below = (snapshot: ListedSnapshot, indent: string): TreeRow[] => {
    const children = snapshots.filter((each) => parentOf(each) === snapshot);
    return children.flatMap((child, index) => {
      const last = index === children.length - 1;
      const row = { snapshot: child, branch: `${indent}${last ? '└─ ' : '├─ '}`, missingParent: undefined };
      return [row, ...below(child, `${indent}${last ? '   ' : '│  '}`)];
    });
  };
  return snapshots
    .filter((each) => parentOf(each) === undefined)
    .flatMap((root) => [{ snapshot: root, branch: '', missingParent: root.parent?.name }, ...below(root, '')]);
}
