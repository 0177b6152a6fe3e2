export type { Lifecycle } from './each.js';
export { pauseSandboxes, resumeSandboxes } from './pause.js';
export { type StartRequest, startSandboxes } from './start.js';
export { stopSandboxes } from './stop.js';
