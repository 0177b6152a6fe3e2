export { type Copied, copyFiles } from './copy.js';
export { textOf } from './names.js';
