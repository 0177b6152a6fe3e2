import type { Catalog } from '../catalog/index.js';
import type { ConfigValues } from '../config/index.js';
import type { ImageRecipe } from '../images/index.js';
import type { Plan } from '../plan/index.js';
import type { ClusterRequest, ReleaseOptions } from './cluster.js';

export type { ClusterRequest, ReleaseOptions } from './cluster.js';
export { downloadsFolder, IMAGES_FOLDER, openEngines } from './workspace.js';

// What reads templates brings YAML, schemas and templating along; commands that only look must not wait for those.

/** Shipped templates first; a user's folder overrides or extends what comes before it. */
export async function openCatalog(config: ConfigValues): Promise<Catalog> {
  return (await import('./catalog.js')).openCatalog(config);
}

/** Plan and image of one cluster, from the same template and the same releases, so that they cannot disagree. */
export async function prepareCluster(
  catalog: Catalog,
  request: ClusterRequest,
  options: ReleaseOptions,
): Promise<{ plan: Plan; image: ImageRecipe }> {
  return (await import('./cluster.js')).prepareCluster(catalog, request, options);
}

/** The image of a template alone. */
export async function prepareImage(
  catalog: Catalog,
  request: Pick<ClusterRequest, 'template' | 'releases'>,
  options: ReleaseOptions,
): Promise<ImageRecipe> {
  return (await import('./cluster.js')).prepareImage(catalog, request, options);
}
