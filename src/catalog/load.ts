import { checkComponent } from './check-component.js';
import { checkTemplate } from './check-template.js';
import { toComponent } from './component.js';
import { readFolder } from './read-folder.js';
import { resolveDefinitions } from './resolve.js';
import { toTemplate } from './template.js';
import type { Catalog, Component, Template } from './types.js';

export interface CatalogOptions {
  /**
   * Each with components/NAME/component.yaml and clusters/NAME.yaml, either may be missing. A later folder's
   * definition goes over an earlier one's of the same name, or builds on it with `extends`.
   */
  readonly folders: readonly string[];
}

/** @throws TemplateError about the first thing that is wrong in any of the folders */
export async function loadCatalog({ folders }: CatalogOptions): Promise<Catalog> {
  const layers = await Promise.all(folders.map(readFolder));
  const components = new Map<string, Component>();
  const resolvedComponents = resolveDefinitions(
    layers.map((layer) => layer.components),
    'component',
  );
  for (const [name, { definition, chain }] of resolvedComponents) {
    components.set(name, toComponent(definition, name, folderOf(chain)));
  }
  for (const [name, { definition }] of resolvedComponents) {
    const component = components.get(name);
    if (component) checkComponent(component, definition, components);
  }
  const templates = new Map<string, Template>();
  for (const [name, { definition }] of resolveDefinitions(
    layers.map((layer) => layer.templates),
    'template',
  )) {
    const template = toTemplate(definition, name);
    checkTemplate(template, definition, components);
    templates.set(name, template);
  }
  return { components, templates };
}

interface ComponentFiles {
  readonly folder: string;
  readonly files: ReadonlyMap<string, string>;
}

/** What a component does not have in its own folder comes from its base's: `chain` is own first. */
function folderOf(chain: readonly ComponentFiles[]): Parameters<typeof toComponent>[2] {
  return {
    imageFolder: (chain.find(({ files }) => files.has('Dockerfile')) ?? chain[0])?.folder ?? '',
    readText: (innerPath) => {
      const owner = chain.find(({ files }) => files.has(innerPath));
      const text = owner?.files.get(innerPath);
      return owner === undefined || text === undefined ? undefined : { file: `${owner.folder}/${innerPath}`, text };
    },
  };
}
