export { type ClusterRequest, createCluster } from './create.js';
export { type WarmedCluster, type WarmRequest, warmCluster } from './warm.js';
