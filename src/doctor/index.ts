export type { Check, CheckStatus, ClusterImage, DoctorContext, Finding } from './check.js';
export { type Examined, examine } from './examine.js';
