import { findComponent } from './lookup.js';
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

/** What `components show` shows. */
export interface ComponentDetails {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly folder: string;
  readonly requires: readonly string[];
  /** What --set takes: names of config files and their paths in a node. */
  readonly config: readonly { readonly name: string; readonly path: string; readonly format: string }[];
  readonly services: readonly {
    readonly name: string;
    readonly summary: string;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly publish: boolean }[];
  }[];
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

/** @throws NotFoundError */
export function describeComponent(catalog: Catalog, name: string): ComponentDetails {
  const { summary, version, folder, requires, config, services } = findComponent(catalog, name);
  return {
    name,
    summary,
    version,
    folder,
    requires,
    config: [...config.values()].map((file) => ({ name: file.name, path: file.path, format: file.format })),
    services: [...services.values()].map((service) => ({
      name: service.name,
      summary: service.summary,
      ports: [...service.ports.values()].map((port) => ({ name: port.name, port: port.port, publish: port.publish })),
    })),
  };
}
