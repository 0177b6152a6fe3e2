export { NodeAgent, type Waiter } from './agent.js';
export { CriuError } from './criu.js';
export { type NodeEvent, readEvents } from './events.js';
export {
  Freeze,
  type FreezeMode,
  type KeptScene,
  nodePlatform,
  Thaw,
  type TimedFolder,
  WORDS_VERSION,
} from './freeze.js';
export { execOnLine, type LineOptions } from './lifeline.js';
export { nodeLimits } from './limits.js';
export { linesOf } from './lines.js';
export {
  LOG_LEVELS,
  type LogEntry,
  type LogFilter,
  type LogLevel,
  type LogPositions,
  type LogRequest,
  NodeLogs,
} from './logs.js';
export { processesOutside } from './outside.js';
export type {
  Dumped,
  Machine,
  NodeLimits,
  NodePlatform,
  NodeSight,
  NodeUsage,
  ServiceStatus,
  ToldFigure,
} from './protocol.js';
export { BARE, entering, OWN_PROGRAMS, type Rights } from './rights.js';
export { NodeWatch } from './watch.js';
