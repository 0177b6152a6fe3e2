export { ENTER, NodeAgent, type Waiter } from './agent.js';
export { Freeze, type FreezeMode, type KeptScene, type NodePlatform, nodePlatform, Thaw } from './freeze.js';
export type { NodeUsage, ServiceStatus } from './protocol.js';
