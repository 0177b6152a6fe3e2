export { ENTER, NodeAgent, type Waiter } from './agent.js';
export { Freeze, type FreezeMode, nodePlatform, Thaw } from './freeze.js';
export type { NodePlatform, NodeUsage, ServiceStatus } from './protocol.js';
