export { type Copied, copyFiles } from './copy.js';
