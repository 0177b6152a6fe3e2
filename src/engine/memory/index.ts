export type { Call, Failure } from './calls.js';
export { type Inventory, MemoryEngine, type MemoryEngineOptions, memoryEngines } from './engine.js';
export type { MemoryRegistry } from './images.js';
export type { Matcher, Program, ProgramFiles, ProgramRun } from './programs.js';
