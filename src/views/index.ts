export { snapshotDifference } from './difference.js';
export { checkTable } from './doctor.js';
export { startedSandboxes, turnedSandboxes } from './lifecycle.js';
export { sandboxStatus, sandboxSummary, sandboxTable, timingsTable } from './sandbox.js';
export { changedServices, serviceTable } from './services.js';
export { shownSnapshot } from './shown-snapshot.js';
export { secretsQuestion, snapshotSummary, snapshotTable } from './snapshot.js';
