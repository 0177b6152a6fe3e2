import type { Page, PlacedPort } from '../look/index.js';
import { table } from '../ui/index.js';
import { waysThere, whereTitle } from './reach.js';

/** @param engineHost the engine's name of its machine */
export async function portTable(name: string, engineHost: string, ports: readonly PlacedPort[]): Promise<string> {
  if (ports.length === 0) return `No port of ${name} is published now.`;
  const rows = await table(
    ['NODE', 'SERVICE', 'PORT', { title: 'NUMBER', drop: 1 }, whereTitle(engineHost)],
    ports.map((port) => [port.node, port.service, port.name, String(port.container), port.url ?? port.host]),
  );
  return [rows, ...waysThere(name, engineHost)].join('\n');
}

/** Names as `open` takes them. */
export async function pageTable(name: string, engineHost: string, pages: readonly Page[]): Promise<string> {
  const [first] = pages;
  if (!first) return `No web page of ${name} is published now.`;
  const rows = await table(
    ['NODE', 'SERVICE', 'PORT', 'URL'],
    pages.map(({ node, service, name: port, url }) => [node, service, port, url]),
  );
  return [rows, ...waysThere(name, engineHost), '', `Open one: bdsandbox open ${name} ${first.service}`].join('\n');
}
