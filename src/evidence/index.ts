export { collectNodeFiles, collectNodeViews } from './collect.js';
export {
  compareEvidence,
  type EvidenceDifference,
  type NodeDifference,
  type Pair,
  type ServiceView,
} from './compare.js';
export { type Evidence, type EvidenceEntry, readEvidence } from './read.js';
export type * from './types.js';
export { writeEvidence } from './write.js';
