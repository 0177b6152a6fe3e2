export { type CollectedEvidence, collectEvidence } from './collect.js';
export { type DiffSide, diffSnapshots, type SnapshotDifference } from './diff.js';
export { type DiscardRequest, removeSnapshots, selectSnapshots } from './discard.js';
export { findSnapshot, findSnapshots, lookForSnapshot } from './inventory.js';
export type { Manifest } from './manifest.js';
export { mustBeNew } from './new-file.js';
export { tryPlatform } from './platform.js';
export { pruneSnapshots } from './prune.js';
export { removeSnapshot } from './remove.js';
export { type RestoredSandbox, type RestoreRequest, restoreSnapshot } from './restore.js';
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
} from './share/index.js';
export {
  copyEvidence,
  openEvidence,
  type ServiceAtMoment,
  type ShownSnapshot,
  showEvidenceFile,
  showSnapshot,
} from './show.js';
export { type SnapshotRequest, type TakenSnapshot, takeSnapshot } from './take.js';
export { type ListedSnapshot, listSnapshots, type SnapshotList, treeOf } from './tree.js';
