import { type Catalog, loadCatalog } from '../catalog/index.js';
import type { ConfigValues } from '../config/index.js';
import { checkFolders } from './template-folders.js';
import { TEMPLATES } from './workspace.js';

/** @see index.ts */
export async function openCatalog(config: ConfigValues): Promise<Catalog> {
  await checkFolders(config.templates);
  return loadCatalog({ folders: [TEMPLATES, ...config.templates] });
}
