export { completionScript, SHELLS, type Shell } from './scripts.js';
