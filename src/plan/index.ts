export type * from './types.js';
export { makePlan } from './make-plan.js';
