export { sandboxStatus, sandboxSummary, sandboxTable } from './sandbox.js';
export { snapshotSummary } from './snapshot.js';
