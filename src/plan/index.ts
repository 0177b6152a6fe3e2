export { makePlan } from './make-plan.js';
export type * from './types.js';
