import type { ContainerState } from '../engine/index.js';
import { NotFoundError, UsageError } from '../errors/index.js';
import type { NodeContainer, SandboxNode, SandboxRecord } from '../sandbox/index.js';

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
export async function chooseNodes(
  record: SandboxRecord,
  wanted: { readonly node?: string | undefined; readonly services: readonly string[] },
): Promise<ChosenNode[]> {
  const all = record.sandbox.nodes.flatMap((node, index): PlacedNode[] => {
    const container = record.containers[index];
    return container ? [{ node, container }] : [];
  });
  const { name } = record.sandbox;
  const nodes = all.filter(({ node }) => wanted.node === undefined || node.name === wanted.node);
  if (nodes.length === 0) {
    throw await unknown(
      `${name} has no node`,
      wanted.node ?? '',
      'its nodes are',
      all.map(({ node }) => node.name),
    );
  }
  const known = new Set(nodes.flatMap(({ container }) => container.services.map((service) => service.name)));
  for (const service of wanted.services) {
    if (known.has(service)) continue;
    const where = wanted.node === undefined ? name : `${wanted.node} of ${name}`;
    throw await unknown(`${where} has no service`, service, 'its services are', [...known]);
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

/** The catalog, which knows what is near, is worth loading for a mistake alone. */
export async function unknown(
  what: string,
  name: string,
  there: string,
  names: readonly string[],
): Promise<NotFoundError> {
  const { didYouMean } = await import('../catalog/index.js');
  return new NotFoundError(`${what} ${name}${didYouMean(name, names)}`, `${there}: ${names.join(', ')}`);
}
