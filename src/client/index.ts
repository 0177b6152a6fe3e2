export { makeKit, writeKitTo } from './kit.js';
export { privateHosts, type Wrap } from './private-hosts.js';
export { type RunRequest, type RunResult, runProgram } from './run.js';
export { type Changes, SHELLS, type Shell, shellCommands, shellOf } from './shell.js';
export { type Kit, SYSTEM_HOSTS } from './types.js';
export { changed, type Environment, enterKit, leaveKit, type Names } from './variables.js';
export { openKit, WAYS } from './way.js';
