import { type Catalog, loadCatalog } from '../../../src/catalog/index.js';
import type { PlannedNode } from '../../../src/plan/index.js';
import { SHIPPED } from '../catalog/folders.js';

export const catalog: Catalog = await loadCatalog({ folders: [SHIPPED] });

/** Content of a node's file. */
export function contentOf(node: PlannedNode | undefined, path: string): string {
  const file = node?.files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`${node?.name} has no ${path}`);
  return file.content;
}

/** All files of a node as one text, to read and to compare. */
export function asText({ files }: PlannedNode): string {
  return files.map(({ path, mode, content }) => `=== ${path} ${mode.toString(8)}\n${content}`).join('');
}
