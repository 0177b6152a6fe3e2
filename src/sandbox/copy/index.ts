export { type Copied, copyFiles } from './copy.js';
export { exactWords } from './exact-words.js';
