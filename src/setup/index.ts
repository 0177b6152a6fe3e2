export { type EngineSetup, ensureBootstrapTool, ensureEngine } from './quickstart.js';
