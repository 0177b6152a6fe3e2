export { snapshotDifference } from './difference.js';
export { checkTable } from './doctor.js';
export { eventLine } from './events.js';
export { logPrinter } from './logs.js';
export { pageTable, portTable } from './ports.js';
export { sandboxStatus, sandboxSummary, sandboxTable, timingsTable } from './sandbox.js';
export { shownSnapshot } from './shown-snapshot.js';
export { secretsQuestion, snapshotSummary, snapshotTable } from './snapshot.js';
