import { type Catalog, loadCatalog } from '../catalog/index.js';
import type { ConfigValues } from '../config/index.js';
import { TEMPLATES } from './workspace.js';

/** @see index.ts */
export function openCatalog(config: ConfigValues): Promise<Catalog> {
  return loadCatalog({ folders: [TEMPLATES, ...config.templates] });
}
