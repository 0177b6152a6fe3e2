export type { ValueChange } from './files.js';
export { type SetRequest, type SetValues, setValues } from './set.js';
