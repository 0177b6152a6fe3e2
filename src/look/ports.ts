import type { NodePort, SandboxRecord } from '../sandbox/index.js';
import { chooseNodes } from './target.js';

/** What `--json` prints; docs/reference/json.md. */
export interface PlacedPort extends NodePort {
  readonly node: string;
}

/**
 * The published ports, from labels alone: no node is asked. A node that does not run has none.
 * @throws NotFoundError for a node or service that is not there
 */
export async function publishedPortsOf(
  record: SandboxRecord,
  wanted: { readonly node?: string | undefined; readonly services: readonly string[] },
): Promise<PlacedPort[]> {
  const chosen = new Map(chooseNodes(record, wanted).map((node) => [node.name, node]));
  return record.sandbox.nodes.flatMap(({ name, ports }) =>
    ports
      .filter(({ service }) => chosen.get(name)?.services.includes(service))
      .map((port): PlacedPort => ({ node: name, ...port })),
  );
}
