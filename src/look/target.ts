import type { ContainerState } from '../engine/index.js';
import { UsageError } from '../errors/index.js';
import { type NodeContainer, noNode, noService, type SandboxNode, type SandboxRecord } from '../sandbox/index.js';

/** SANDBOX, SANDBOX/NODE or SANDBOX/NODE/SERVICE. */
export interface Target {
  /** Undefined: the only one, or that of BDSANDBOX_SANDBOX. */
  readonly sandbox?: string;
  readonly node?: string;
  readonly service?: string;
}

/** A node with those of its services that are meant. */
export interface ChosenNode {
  readonly sandbox: string;
  readonly name: string;
  readonly host: string;
  readonly container: string;
  /** When the sandbox was looked up. */
  readonly state: ContainerState;
  readonly services: readonly string[];
}

/** @throws UsageError */
export function parseTarget(text: string | undefined): Target {
  if (text === undefined) return {};
  const [sandbox = '', node, service, ...more] = text.split('/');
  if (sandbox === '' || node === '' || service === '' || more.length > 0) {
    throw new UsageError(
      `"${text}" is not SANDBOX, SANDBOX/NODE or SANDBOX/NODE/SERVICE`,
      'see bdsandbox status for the names',
    );
  }
  return { sandbox, ...(node === undefined ? {} : { node }), ...(service === undefined ? {} : { service }) };
}

interface PlacedNode {
  readonly node: SandboxNode;
  readonly container: NodeContainer;
}

/**
 * The nodes that are meant and have one of the services; all services when none is named.
 * @throws NotFoundError for a node or service that is not there
 */
export function chooseNodes(
  record: SandboxRecord,
  wanted: { readonly node?: string | undefined; readonly services: readonly string[] },
): ChosenNode[] {
  const all = record.sandbox.nodes.flatMap((node, index): PlacedNode[] => {
    const container = record.containers[index];
    return container ? [{ node, container }] : [];
  });
  const { name } = record.sandbox;
  const nodes = all.filter(({ node }) => wanted.node === undefined || node.name === wanted.node);
  if (nodes.length === 0) {
    throw noNode(record, wanted.node ?? '', 'service');
  }
  const known = new Set(nodes.flatMap(({ container }) => container.services.map((service) => service.name)));
  for (const service of wanted.services) {
    if (known.has(service)) continue;
    const where = wanted.node === undefined ? name : `${wanted.node} of ${name}`;
    throw noService(where, service, known);
  }
  return nodes
    .map(({ node, container: { host, summary, services } }): ChosenNode => {
      const names = services.map((service) => service.name);
      const chosen = wanted.services.length === 0 ? names : names.filter((each) => wanted.services.includes(each));
      const { id: container, state } = summary;
      return { sandbox: name, name: node.name, host, container, state, services: chosen };
    })
    .filter(({ services }) => services.length > 0);
}
