export { IMAGE_LABELS, type ImageKind } from './labels.js';
export { describeImages, type ListedImage } from './list.js';
export {
  baseRecipe,
  type ClusterInput,
  clusterRecipe,
  type ImageRecipe,
  type MavenRepository,
  registryRecipe,
} from './recipe.js';
export { parseReleaseRequest, type Release, type ReleaseRequest, resolveRelease } from './release.js';
export type { Bootstrap } from './root.js';
export { type EnsuredImage, ImageStore, type Origin } from './store.js';
