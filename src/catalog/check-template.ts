import { didYouMean } from '../errors/index.js';
import type { Definition } from './definition.js';
import { describeSizes, sizesOfTemplate, sizesOfTopology } from './sizes.js';
import type { Component, ConfigFile, Group, Service, Template, Topology } from './types.js';

/** Whether a template fits the components, and its topologies each other. Throws about the first thing that does not. */
export function checkTemplate(template: Template, definition: Definition, all: ReadonlyMap<string, Component>): void {
  const components = checkComponents(template, definition, all);
  const services = joined(template, definition, components, 'service', ({ services: own }) => own);
  const configs = joined(template, definition, components, 'config file', ({ config }) => config);
  checkPaths(definition, configs);
  checkOverrides(template, definition, configs);
  for (const topology of template.topologies) checkTopology(topology, definition, services);
  checkSizes(template, definition);
}

function checkComponents(template: Template, definition: Definition, all: ReadonlyMap<string, Component>): Component[] {
  return template.components.map((name, index) => {
    const path = ['components', index];
    const component = all.get(name);
    if (component === undefined)
      throw definition.error(path, `there is no component "${name}"${didYouMean(name, all.keys())}`);
    const before = template.components.slice(0, index);
    if (before.includes(name)) throw definition.error(path, `"${name}" is there twice`);
    const missing = component.requires.find((required) => !before.includes(required));
    if (missing !== undefined)
      throw definition.error(path, `${name} requires ${missing}, which has to stand before it`);
    return component;
  });
}

/** The things of all components by name; a name has to be one thing in the whole template. */
function joined<Thing>(
  template: Template,
  definition: Definition,
  components: readonly Component[],
  kind: string,
  of: (component: Component) => ReadonlyMap<string, Thing>,
): Map<string, Thing> {
  const things = new Map<string, Thing>();
  for (const component of components) {
    for (const [name, thing] of of(component)) {
      if (things.has(name)) {
        const path = ['components', template.components.indexOf(component.name)];
        throw definition.error(path, `${component.name} and a component before it both have a ${kind} "${name}"`);
      }
      things.set(name, thing);
    }
  }
  return things;
}

function checkPaths(definition: Definition, configs: ReadonlyMap<string, ConfigFile>): void {
  const taken = new Map<string, string>();
  for (const { name, path } of configs.values()) {
    const other = taken.get(path);
    if (other !== undefined)
      throw definition.error(['components'], `config files ${other} and ${name} are both ${path}`);
    taken.set(path, name);
  }
}

function checkOverrides(template: Template, definition: Definition, configs: ReadonlyMap<string, ConfigFile>): void {
  for (const name of template.config.keys()) {
    const config = configs.get(name);
    if (config === undefined) {
      const problem = `no component of this template has a config file "${name}"${didYouMean(name, configs.keys())}`;
      throw definition.error(['config', name], problem);
    }
    if (config.format === 'text')
      throw definition.error(['config', name], `${name} is a text file, it has no properties`);
  }
}

function checkTopology(
  { name, groups }: Topology,
  definition: Definition,
  services: ReadonlyMap<string, Service>,
): void {
  const path = ['topologies', name, 'groups'];
  const nodeNames = new Set<string>();
  groups.forEach((group, index) => {
    checkGroup(group, definition, [...path, index], services);
    for (const node of nodeNamesOf(group)) {
      if (nodeNames.has(node)) throw definition.error([...path, index, 'name'], `two groups have a node "${node}"`);
      nodeNames.add(node);
    }
  });
  const placed = new Set(groups.flatMap((group) => group.services.map((service) => service.name)));
  for (const service of placed) {
    const unmet = services.get(service)?.needs.find((need) => !placed.has(need.service));
    if (unmet)
      throw definition.error(['topologies', name], `${service} needs ${unmet.service}, which is on no node here`);
  }
}

function checkGroup(
  group: Group,
  definition: Definition,
  path: readonly (string | number)[],
  services: ReadonlyMap<string, Service>,
): void {
  const ports = new Map<number, string>();
  const seen = new Set<string>();
  group.services.forEach(({ name }, index) => {
    const at = [...path, 'services', index];
    const service = services.get(name);
    if (service === undefined) {
      const problem = `no component of this template has a service "${name}"${didYouMean(name, services.keys())}`;
      throw definition.error(at, problem);
    }
    if (seen.has(name)) throw definition.error(at, `"${name}" is there twice`);
    seen.add(name);
    for (const { name: port, port: number } of service.ports.values()) {
      const other = ports.get(number);
      if (other) throw definition.error(at, `${name}.${port} and ${other} both use port ${number} of one node`);
      ports.set(number, `${name}.${port}`);
    }
  });
}

function nodeNamesOf({ name, nodes }: Group): string[] {
  return nodes === undefined ? [name] : Array.from({ length: nodes.max }, (_, index) => `${name}${index + 1}`);
}

function checkSizes(template: Template, definition: Definition): void {
  const topologyOf = new Map<number, string>();
  for (const topology of template.topologies) {
    const path = ['topologies', topology.name];
    const numbered = topology.groups.filter(({ nodes }) => nodes !== undefined && nodes.min < nodes.max);
    if (numbered.length > 1) {
      throw definition.error(path, 'only one group may have a range of nodes, else a number of nodes says too little');
    }
    for (const size of sizesOfTopology(topology)) {
      const other = topologyOf.get(size);
      if (other)
        throw definition.error(path, `${size} nodes could be "${other}" as well; a number may mean one topology`);
      topologyOf.set(size, topology.name);
    }
    // The constant addresses are 10.255.0.1 to 10.255.0.254, and nobody has the memory for more anyway.
    if (Math.max(...sizesOfTopology(topology)) > 60)
      throw definition.error(path, 'more than 60 nodes are not supported');
  }
  if (!topologyOf.has(template.defaultNodes)) {
    const possible = describeSizes(sizesOfTemplate(template));
    throw definition.error(
      ['defaultNodes'],
      `no topology has ${template.defaultNodes} nodes; possible are ${possible}`,
    );
  }
}
