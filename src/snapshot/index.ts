import { lazily } from './lazily.js';

export type { CollectedEvidence } from './collect.js';
export type { DiffSide, SnapshotDifference } from './diff.js';
export { type DiscardRequest, removeSnapshots, selectSnapshots } from './discard.js';
export type { WarmedCluster } from './golden/index.js';
export { findSnapshot, findSnapshots, lookForSnapshot, type Snapshot } from './inventory.js';
export type { Manifest } from './manifest.js';
export { missingOfSnapshots } from './missing.js';
export { snapshotNames } from './names.js';
export { mustBeNew } from './new-file.js';
export { pruneSnapshots } from './prune.js';
export { removeSnapshot } from './remove.js';
export type { RestoredSandbox, RestoreRequest } from './restore.js';
export {
  type ExportedSnapshot,
  exportSnapshot,
  findOrPullSnapshot,
  type ImportedSnapshot,
  importSnapshot,
  type PulledSnapshot,
  type PushedSnapshot,
  pullSnapshot,
  pushSnapshot,
  type RemoteSnapshot,
  selectRemote,
  type TakenAndPushed,
  takeAndPush,
  withdrawSnapshots,
} from './share/index.js';
export type { ServiceAtMoment, ShownSnapshot } from './show.js';
export { ownSizes } from './sizes.js';
export type { SnapshotRequest, TakenSnapshot } from './take.js';
export { type ListedSnapshot, listSnapshots, type SnapshotList, treeOf } from './tree.js';

export const warmCluster = lazily(async () => (await import('./golden/index.js')).warmCluster);
/** Not by `lazily`: its result has a type of the caller's. */
export const inTrialNode: typeof import('./platform.js').inTrialNode = async (...given) =>
  (await import('./platform.js')).inTrialNode(...given);
export const pruneGoldens = lazily(async () => (await import('./golden/index.js')).pruneGoldens);
export const createCluster = lazily(async () => (await import('./golden/index.js')).createCluster);
export const collectEvidence = lazily(async () => (await import('./collect.js')).collectEvidence);
export const copyEvidence = lazily(async () => (await import('./show.js')).copyEvidence);
export const diffSnapshots = lazily(async () => (await import('./diff.js')).diffSnapshots);
export const openEvidence = lazily(async () => (await import('./show.js')).openEvidence);
export const restoreSnapshot = lazily(async () => (await import('./restore.js')).restoreSnapshot);
export const showEvidenceFile = lazily(async () => (await import('./show.js')).showEvidenceFile);
export const showSnapshot = lazily(async () => (await import('./show.js')).showSnapshot);
export const takeSnapshot = lazily(async () => (await import('./take.js')).takeSnapshot);
