export { findSnapshot, findSnapshots } from './inventory.js';
export type { Manifest } from './manifest.js';
export { pruneSnapshots } from './prune.js';
export { removeSnapshot } from './remove.js';
export { type RestoredSandbox, type RestoreRequest, restoreSnapshot } from './restore.js';
export { type SnapshotRequest, type TakenSnapshot, takeSnapshot } from './take.js';
