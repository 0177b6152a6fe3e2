import { type Catalog, type Component, componentsOf, findTemplate } from '../catalog/index.js';
import { didYouMean, UsageError } from '../errors/index.js';
import { configFilesOf } from './config-files.js';
import { contextOf } from './context.js';
import { digestOf } from './digest.js';
import { layOut, type Place } from './layout.js';
import { nodeFilesOf } from './node-files.js';
import { parseSettings } from './settings.js';
import { chooseTopology } from './topology.js';
import type { Plan, PlannedNode, PlanOptions, RenderedFile } from './types.js';

/**
 * Equal catalogs and options give equal plans, to the byte: nothing in a plan knows the sandbox's name, the engine,
 * the bridge's addresses, the time or the environment. So the inside of every copy of a sandbox is the same.
 */
export function makePlan(catalog: Catalog, options: PlanOptions): Plan {
  const { settings = [], restart = 'no' } = options;
  const template = findTemplate(catalog, options.template);
  const components = withVersions(componentsOf(catalog, template), options.versions ?? {});
  const topology = chooseTopology(template, options.nodes ?? template.defaultNodes);
  const places = layOut(topology, options.nodes ?? template.defaultNodes, components);
  const configs = configFilesOf(components, template, parseSettings(settings, components));
  const context = contextOf(catalog, components, places);

  const nodes = places.map(
    (place): PlannedNode => ({
      name: place.name,
      index: place.index,
      address: `10.255.0.${place.index}`,
      group: place.group,
      services: place.services.map(({ name, component, log, ports, ready }) => ({
        name,
        component,
        log,
        ports: [...ports.values()],
        hint: ready.hint,
      })),
      files: nodeFilesOf({ place, places, components, configs, context: context.of(place), restart }),
    }),
  );
  const content = {
    schemaVersion: 1,
    template: template.name,
    topology: topology.name,
    components: components.map(({ name, version }) => ({ name, version })),
    startOrder: startOrderOf(places.flatMap((place) => place.services)),
    readyTimeoutMs: template.readyTimeoutMs,
    settings,
    restart,
  } as const;
  const plan: Plan = { ...content, nodes, digest: digestOf({ ...content, nodes }) };
  return { ...plan, nodes: nodes.map((node) => ({ ...node, files: [...node.files, planFile(plan)] })) };
}

/** Each service once, after all that it needs. The catalog has refused circles. */
function startOrderOf(services: Place['services']): string[] {
  const needs = new Map(services.map(({ name, needs }) => [name, needs.map((need) => need.service)]));
  const order = new Set<string>();
  const add = (name: string): void => {
    if (order.has(name)) return;
    for (const need of needs.get(name) ?? []) if (need !== name) add(need);
    order.add(name);
  };
  for (const name of needs.keys()) add(name);
  return [...order];
}

function withVersions(components: readonly Component[], versions: Readonly<Record<string, string>>): Component[] {
  const names = components.map(({ name }) => name);
  for (const name of Object.keys(versions)) {
    if (names.includes(name)) continue;
    throw new UsageError(
      `this template has no component "${name}"${didYouMean(name, names)}`,
      `its components are ${names.join(', ')}`,
    );
  }
  return components.map((component) => ({ ...component, version: versions[component.name] ?? component.version }));
}

/** The plan as every node holds it: without the files, which are there themselves. */
function planFile(plan: Plan): RenderedFile {
  const nodes = plan.nodes.map(({ files: _, ...node }) => node);
  const content = `${JSON.stringify({ ...plan, nodes }, undefined, 2)}\n`;
  return { path: '/etc/bdsandbox/plan.json', content, mode: 0o644 };
}
