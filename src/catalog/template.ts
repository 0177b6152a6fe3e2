import type { Definition } from './definition.js';
import { checkSnippet } from './liquid.js';
import { clusterSchema } from './schema/cluster.js';
import { validate } from './schema/validate.js';
import type { Template } from './types.js';

const MS_OF_UNIT: Readonly<Record<string, number>> = { s: 1000, m: 60_000 };

/** The template by itself; whether it fits the components is checkTemplate's question. */
export function toTemplate(definition: Definition, expectedName: string): Template {
  const raw = validate(definition, clusterSchema);
  if (raw.name !== expectedName) {
    throw definition.error(['name'], `"${raw.name}" is in the file "${expectedName}.yaml"; both have to be the same`);
  }
  const config = new Map(
    Object.entries(raw.config).map(([file, properties]) => [file, definition.snippetMap(properties, 'config', file)]),
  );
  for (const properties of config.values()) for (const snippet of properties.values()) checkSnippet(snippet);
  return {
    name: raw.name,
    summary: raw.summary,
    file: definition.tree.file,
    components: raw.components,
    defaultNodes: raw.defaultNodes,
    readyTimeoutMs: Number.parseInt(raw.readyTimeout, 10) * (MS_OF_UNIT[raw.readyTimeout.slice(-1)] ?? 1),
    config,
    topologies: Object.entries(raw.topologies).map(([name, { groups }]) => ({
      name,
      groups: groups.map((group) => ({
        name: group.name,
        nodes: group.nodes,
        services: group.services.map((service) =>
          typeof service === 'string' ? { name: service, quorum: undefined } : service,
        ),
      })),
    })),
  };
}
