import type { Page, PlacedPort } from '../look/index.js';
import { table } from '../ui/index.js';

export function portTable(name: string, ports: readonly PlacedPort[]): Promise<string> {
  if (ports.length === 0) return Promise.resolve(`No port of ${name} is published on this host now.`);
  return table(
    ['NODE', 'SERVICE', 'PORT', { title: 'NUMBER', drop: 1 }, 'ON THIS HOST'],
    ports.map((port) => [port.node, port.service, port.name, String(port.container), port.url ?? port.host]),
  );
}

/** Names as `open` takes them. */
export async function pageTable(name: string, pages: readonly Page[]): Promise<string> {
  const [first] = pages;
  if (!first) return `No web page of ${name} is published on this host now.`;
  const rows = await table(
    ['NODE', 'SERVICE', 'PORT', 'URL'],
    pages.map(({ node, service, name: port, url }) => [node, service, port, url]),
  );
  return `${rows}\n\nOpen one: bdsandbox open ${name} ${first.service}`;
}
