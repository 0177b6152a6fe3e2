export { sandboxStatus, sandboxSummary, sandboxTable } from './sandbox.js';
