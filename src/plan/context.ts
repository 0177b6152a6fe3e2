import type { Catalog, Component, Service } from '../catalog/index.js';
import type { Place } from './layout.js';

/** What every Liquid template of a node can ask; documented in templates/components/hadoop/component.yaml. */
export interface NodeContext {
  /** Host names by service, in the order of the nodes; [] for a service of the catalog that runs nowhere here. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly count: Readonly<Record<string, number>>;
  readonly ports: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly nodes: readonly string[];
  readonly node: { readonly name: string; readonly index: number; readonly group: string };
  /** 1-based position of this node among the hosts of a service; 0 if it is none of them. */
  readonly ordinal: Readonly<Record<string, number>>;
}

/** More that the templates of one component can ask. */
export interface ComponentContext extends NodeContext {
  readonly component: { readonly name: string; readonly version: string; readonly home: string };
}

/** More that the templates of one service can ask. */
export interface ServiceContext extends ComponentContext {
  /** `java` is the command line up to the main class; empty for a service that is not Java. */
  readonly service: { readonly name: string; readonly log: string; readonly java: string };
}

export function contextOf(catalog: Catalog, components: readonly Component[], places: readonly Place[]) {
  // The template's own components last: they win over others of the catalog with a service of the same name.
  const services = new Map(
    [...catalog.components.values(), ...components].flatMap((component) => [...component.services]),
  );
  const hostsOf = ({ name }: Service): string[] =>
    places.filter((place) => place.services.some((service) => service.name === name)).map((place) => place.name);
  const byService = <Value>(pick: (service: Service) => Value): Record<string, Value> =>
    Object.fromEntries([...services.values()].map((service) => [service.name, pick(service)]));

  const shared = {
    hosts: byService(hostsOf),
    count: byService((service) => hostsOf(service).length),
    ports: byService((service) =>
      Object.fromEntries([...service.ports.values()].map(({ name, port }) => [name, port])),
    ),
    nodes: places.map(({ name }) => name),
  };
  return {
    of: ({ name, index, group }: Place): NodeContext => ({
      ...shared,
      node: { name, index, group },
      ordinal: byService((service) => hostsOf(service).indexOf(name) + 1),
    }),
  };
}

export function withComponent(context: NodeContext, { name, version, home }: Component): ComponentContext {
  return { ...context, component: { name, version, home } };
}

export function withService(context: ComponentContext, { name, log }: Service, java: string): ServiceContext {
  return { ...context, service: { name, log, java } };
}
