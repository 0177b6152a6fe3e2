import { didYouMean } from '../errors/index.js';
import type { Definition } from './definition.js';
import type { Component } from './types.js';

/** Whether a component fits the others of the catalog. */
export function checkComponent(
  component: Component,
  definition: Definition,
  all: ReadonlyMap<string, Component>,
): void {
  component.requires.forEach((name, index) => {
    if (!all.has(name))
      throw definition.error(['requires', index], `there is no component "${name}"${didYouMean(name, all.keys())}`);
  });
  const reachable = withRequired(component, all);
  const services = new Map(reachable.flatMap(({ services: own }) => [...own]));
  const files = new Map(reachable.flatMap(({ config }) => [...config]));
  for (const service of component.services.values()) {
    service.reads.forEach((name, index) => {
      if (files.has(name)) return;
      throw definition.error(
        ['services', service.name, 'reads', index],
        `no config file "${name}" in ${component.name} and what it requires${didYouMean(name, files.keys())}`,
      );
    });
    service.needs.forEach((need, index) => {
      const path = ['services', service.name, 'needs', index];
      const needed = services.get(need.service);
      if (needed === undefined) {
        const where = `${component.name} and what it requires`;
        throw definition.error(
          path,
          `no service "${need.service}" in ${where}${didYouMean(need.service, services.keys())}`,
        );
      }
      if (!needed.ports.has(need.port)) {
        const suggestion = didYouMean(need.port, needed.ports.keys());
        throw definition.error(path, `the service ${need.service} has no port "${need.port}"${suggestion}`);
      }
    });
  }
  const others = reachable.filter((other) => other !== component);
  const configs = new Map(others.flatMap(({ config }) => [...config]));
  for (const name of component.addsTo.keys()) {
    const config = configs.get(name);
    if (config === undefined) {
      const problem = `no component that ${component.name} requires has a config file "${name}"`;
      throw definition.error(['addsTo', name], `${problem}${didYouMean(name, configs.keys())}`);
    }
    if (config.format === 'text')
      throw definition.error(['addsTo', name], `${name} is a text file, it has no properties`);
  }
}

/** The component and all it requires, also by way of others. */
function withRequired(component: Component, all: ReadonlyMap<string, Component>): Component[] {
  const found = new Set([component]);
  for (const { requires } of found) {
    for (const name of requires) {
      const required = all.get(name);
      if (required) found.add(required);
    }
  }
  return [...found];
}
