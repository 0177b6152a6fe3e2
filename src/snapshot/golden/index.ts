export { type ClusterRequest, createCluster } from './create.js';
export { pruneGoldens } from './prune.js';
export { type WarmedCluster, type WarmRequest, warmCluster } from './warm.js';
