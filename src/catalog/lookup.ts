import { didYouMean, NotFoundError } from '../errors/index.js';
import type { Catalog, Component, Template } from './types.js';

export function findTemplate({ templates }: Catalog, name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw notFound('template', name, [...templates.keys()], 'bdsandbox templates ls');
  return template;
}

export function findComponent({ components }: Catalog, name: string): Component {
  const component = components.get(name);
  if (component === undefined) throw notFound('component', name, [...components.keys()], 'bdsandbox components ls');
  return component;
}

/** The components of a template, in the order of the image's layers. */
export function componentsOf(catalog: Catalog, template: Template): Component[] {
  return template.components.map((name) => findComponent(catalog, name));
}

function notFound(kind: string, name: string, names: readonly string[], command: string): NotFoundError {
  const there = names.length === 0 ? `there are no ${kind}s` : `there are ${names.join(', ')}`;
  return new NotFoundError(`there is no ${kind} "${name}"${didYouMean(name, names)}`, `${there}; see ${command}`);
}
