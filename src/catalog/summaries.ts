import { describeSizes, sizesOfTemplate } from './sizes.js';
import type { Catalog } from './types.js';

/** What `templates ls` shows of a template. */
export interface TemplateSummary {
  readonly name: string;
  readonly summary: string;
  readonly components: readonly string[];
  readonly defaultNodes: number;
  /** e.g. "1 or 3 to 60" */
  readonly sizes: string;
  readonly file: string;
}

/** What `components ls` shows of a component. */
export interface ComponentSummary {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly services: readonly string[];
  readonly requires: readonly string[];
  readonly folder: string;
}

export function listTemplates({ templates }: Catalog): TemplateSummary[] {
  return [...templates.values()].map((template) => {
    const { name, summary, components, defaultNodes, file } = template;
    return { name, summary, components, defaultNodes, sizes: describeSizes(sizesOfTemplate(template)), file };
  });
}

export function listComponents({ components }: Catalog): ComponentSummary[] {
  return [...components.values()].map(({ name, summary, version, services, requires, folder }) => ({
    name,
    summary,
    version,
    services: [...services.keys()],
    requires,
    folder,
  }));
}
