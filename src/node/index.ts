export { ENTER, NodeAgent, type WaitOutcome } from './agent.js';
export type { NodeUsage, ServiceChange, ServiceStatus } from './protocol.js';
