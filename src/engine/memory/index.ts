export type { Call, Failure } from './calls.js';
export { type Inventory, MemoryEngine, memoryEngines, type MemoryEngineOptions } from './engine.js';
export type { MemoryRegistry } from './images.js';
export type { Matcher, Program, ProgramFiles, ProgramRun } from './programs.js';
