import { type Catalog, findTemplate, sizesOfTemplate } from '../catalog/index.js';
import { makePlan } from './make-plan.js';

/** What `templates show` shows. */
export interface TemplateDetails {
  readonly name: string;
  readonly summary: string;
  readonly file: string;
  readonly components: readonly { readonly name: string; readonly version: string }[];
  /** Every possible number of nodes. */
  readonly sizes: readonly number[];
  readonly defaultNodes: number;
  /** The nodes of the default size. */
  readonly nodes: readonly { readonly name: string; readonly services: readonly string[] }[];
}

/** @throws NotFoundError */
export function describeTemplate(catalog: Catalog, name: string): TemplateDetails {
  const template = findTemplate(catalog, name);
  const plan = makePlan(catalog, { template: name, versions: {}, settings: [], restart: 'no' });
  return {
    name,
    summary: template.summary,
    file: template.file,
    components: plan.components,
    sizes: sizesOfTemplate(template),
    defaultNodes: template.defaultNodes,
    nodes: plan.nodes.map((node) => ({ name: node.name, services: node.services.map((service) => service.name) })),
  };
}
