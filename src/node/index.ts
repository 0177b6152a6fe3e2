export { ENTER, NodeAgent, type WaitOutcome } from './agent.js';
export type { ServiceChange, ServiceStatus } from './protocol.js';
