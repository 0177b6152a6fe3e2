export { renderSnippet } from './liquid.js';
export { type CatalogOptions, loadCatalog } from './load.js';
export { componentsOf, findComponent, findTemplate } from './lookup.js';
export { describeSizes, sizesOfTemplate, sizesOfTopology } from './sizes.js';
export {
  type ComponentDetails,
  type ComponentSummary,
  describeComponent,
  listComponents,
  listTemplates,
  type TemplateSummary,
} from './summaries.js';
export type * from './types.js';
