export { makeKit, writeKitTo } from './kit.js';
export { CLIENT_LEVELS, type ClientLevel } from './log-level.js';
export { proxySandbox, runBehind, type SandboxProxy } from './proxy/index.js';
export type { RunResult } from './run.js';
export { type KitRun, runInKit } from './run-in-kit.js';
export { type Changes, SHELLS, type Shell, shellCommands, shellOf } from './shell.js';
export type { Kit } from './types.js';
export { changed, type Environment, enterKit, leaveKit, type Names } from './variables.js';
export { WAYS, type Way } from './way.js';
