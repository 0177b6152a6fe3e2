export type { Check, CheckStatus, DoctorContext, Finding } from './check.js';
export { type Examined, examine } from './examine.js';
