export { type ClusterRequest, prepareCluster, prepareImage, type ReleaseOptions } from './cluster.js';
export { downloadsFolder, IMAGES_FOLDER, openCatalog, openEngines } from './workspace.js';
