import { describeSizes, sizesOfTemplate, sizesOfTopology, type Template, type Topology } from '../catalog/index.js';
import { UsageError } from '../errors/index.js';

/** The one topology of the template that can have so many nodes. */
export function chooseTopology(template: Template, nodes: number): Topology {
  const topology = template.topologies.find((candidate) => sizesOfTopology(candidate).includes(nodes));
  if (topology === undefined) {
    const possible = describeSizes(sizesOfTemplate(template));
    throw new UsageError(
      `${template.name} cannot have ${nodes} nodes; it can have ${possible}`,
      `bdsandbox create ${template.name} --nodes ${template.defaultNodes}`,
    );
  }
  return topology;
}
