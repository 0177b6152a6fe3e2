import type { Component, Group, Service, Topology } from '../catalog/index.js';

/** A node before its files are rendered: its name and what runs there. */
export interface Place {
  readonly name: string;
  /** 1-based, in the order of the topology's groups. */
  readonly index: number;
  readonly group: string;
  /** In the order of the group. */
  readonly services: readonly Service[];
}

export function layOut({ groups }: Topology, nodes: number, components: readonly Component[]): Place[] {
  const services = new Map(components.flatMap((component) => [...component.services]));
  const fixed = groups.reduce((sum, group) => sum + (isRange(group) ? 0 : (group.nodes?.min ?? 1)), 0);
  return groups
    .flatMap((group) => placesOf(group, isRange(group) ? nodes - fixed : (group.nodes?.min ?? 1)))
    .map((place, index) => ({
      ...place,
      index: index + 1,
      services: place.services.flatMap((name) => services.get(name) ?? []),
    }));
}

/** At most one group of a topology has one; the catalog checks that. */
function isRange({ nodes }: Group): boolean {
  return nodes !== undefined && nodes.min < nodes.max;
}

function placesOf(group: Group, size: number): { name: string; group: string; services: string[] }[] {
  return Array.from({ length: size }, (_, index) => ({
    name: group.nodes === undefined ? group.name : `${group.name}${index + 1}`,
    group: group.name,
    services: group.services
      .filter(({ quorum }) => quorum === undefined || index < oddAtMost(Math.min(quorum, size)))
      .map(({ name }) => name),
  }));
}

/** An even quorum survives no more failures than the odd one below it, and is slower. */
function oddAtMost(limit: number): number {
  return limit % 2 === 0 ? limit - 1 : limit;
}
