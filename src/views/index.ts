export { snapshotDifference } from './difference.js';
export { checkTable } from './doctor.js';
export { sandboxStatus, sandboxSummary, sandboxTable, timingsTable } from './sandbox.js';
export { shownSnapshot } from './shown-snapshot.js';
export { secretsQuestion, snapshotSummary, snapshotTable } from './snapshot.js';
