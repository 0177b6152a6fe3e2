import { type Component, renderSnippet } from '../catalog/index.js';
import { TemplateError } from '../errors/index.js';
import { type MergedConfig, renderConfig } from './config-files.js';
import { type ComponentContext, type NodeContext, withComponent } from './context.js';
import type { Place } from './layout.js';
import { serviceFilesOf } from './service-files.js';
import type { RenderedFile, RestartPolicy } from './types.js';

export interface NodeFilesInput {
  readonly place: Place;
  readonly places: readonly Place[];
  readonly components: readonly Component[];
  readonly configs: readonly MergedConfig[];
  readonly context: NodeContext;
  readonly restart: RestartPolicy;
}

/** What docs/explanation/node.md promises of a node, but for plan.json. */
export function nodeFilesOf({ place, places, components, configs, context, restart }: NodeFilesInput): RenderedFile[] {
  return [
    environmentFile(components, context),
    ...place.services.flatMap((service) => {
      const component = components.find(({ name }) => name === service.component);
      return component ? serviceFilesOf({ service, component, place, places, context, restart }) : [];
    }),
    // On every node, whatever runs there: the config files are the clients' too.
    ...configs.map((config) => renderConfig(config, withComponent(context, config.component))),
  ];
}

function environmentFile(components: readonly Component[], context: NodeContext): RenderedFile {
  const variables = new Map(
    components.flatMap((component) => [...environmentOf(component, withComponent(context, component))]),
  );
  const content = [...variables].map(([name, value]) => `${name}=${value}\n`).join('');
  return { path: '/etc/bdsandbox/environment', content, mode: 0o644 };
}

function* environmentOf({ environment }: Component, context: ComponentContext): Generator<[string, string]> {
  for (const [name, snippet] of environment) {
    const value = renderSnippet(snippet, context).trim();
    if (/\p{Cc}/u.test(value)) {
      const place = `${snippet.file}:${snippet.line}: ${snippet.field}`;
      throw new TemplateError(`${place}: the value has a control character`, 'the file has one NAME=value a line');
    }
    yield [name, value];
  }
}
