import type { Engines } from '../engine/index.js';
import { ConflictError, didYouMean, NotFoundError, UsageError } from '../errors/index.js';
import { findSandbox, findSandboxes, type SandboxRecord } from '../sandbox/index.js';
import { type PlacedPort, publishedPortsOf } from './ports.js';
import { type ChosenNode, chooseNodes, parseTarget } from './target.js';

/** A web page on this host. */
export interface Page {
  readonly node: string;
  readonly service: string;
  /** Of the port, e.g. web */
  readonly name: string;
  readonly url: string;
}

interface WantedPage {
  readonly node?: string | undefined;
  /** Undefined: all pages are meant. */
  readonly service?: string | undefined;
  readonly port?: string | undefined;
}

/**
 * What `open` means by its words: SANDBOX[/NODE[/SERVICE]] and SERVICE[:PORTNAME], each of which may be missing. One word
 * alone is a sandbox if there is one of that name, else a service of the sandbox that is meant anyway.
 * @param sandbox of --sandbox or BDSANDBOX_SANDBOX
 * @throws NotFoundError, UsageError
 */
export async function findForOpen(
  engines: Engines,
  words: { readonly first?: string | undefined; readonly second?: string | undefined },
  { sandbox, owner }: { readonly sandbox: string | undefined; readonly owner: string },
): Promise<WantedPage & { readonly record: SandboxRecord }> {
  const { first, second } = words;
  if (second === undefined && first !== undefined && !first.includes('/')) {
    const record = await ofService(engines, first, { sandbox, owner });
    if (record) return { record, ...parseService(first) };
  }
  const target = parseTarget(first);
  if (target.service !== undefined && second !== undefined) {
    throw new UsageError(
      'the service is named twice',
      `write bdsandbox open ${target.sandbox}/${target.node} ${second}`,
    );
  }
  const record = await findSandbox(engines, target.sandbox ?? sandbox, owner);
  const named = second ?? target.service;
  return { record, node: target.node, ...(named === undefined ? {} : parseService(named)) };
}

/** The sandbox that is meant anyway, if the word is one of its services and no name of a sandbox. */
async function ofService(
  engines: Engines,
  word: string,
  { sandbox, owner }: { readonly sandbox: string | undefined; readonly owner: string },
): Promise<SandboxRecord | undefined> {
  if (word.includes(':')) return findSandbox(engines, sandbox, owner);
  const all = await findSandboxes(engines);
  if (all.some((each) => each.sandbox.name === word)) return undefined;
  const mine = all.filter((each) =>
    sandbox === undefined ? each.sandbox.owner === owner : each.sandbox.name === sandbox,
  );
  const [only] = mine;
  const services = only?.containers.flatMap((node) => node.services.map(({ name }) => name)) ?? [];
  return mine.length === 1 && services.includes(word) ? only : undefined;
}

function parseService(text: string): { service: string; port?: string } {
  const [service = '', port, ...more] = text.split(':');
  if (service === '' || port === '' || more.length > 0) {
    throw new UsageError(`"${text}" is not SERVICE or SERVICE:PORTNAME`, 'for example namenode, or namenode:web');
  }
  return { service, ...(port === undefined ? {} : { port }) };
}

/** All pages of the sandbox or node. @throws NotFoundError for a node that is not there */
export async function pagesOf(record: SandboxRecord, node?: string): Promise<Page[]> {
  return toPages(await publishedPortsOf(record, { node, services: [] }));
}

/**
 * The page of a service; of several the one that is called "web".
 * @throws NotFoundError, ConflictError when its node does not run, UsageError when several are meant
 */
export async function choosePage(
  record: SandboxRecord,
  { node, service, port }: WantedPage & { readonly service: string },
): Promise<Page> {
  const nodes = chooseNodes(record, { node, services: [service] });
  const planned = portsOf(record, service);
  if (port !== undefined && !planned.some(({ name }) => name === port)) {
    const names = planned.map(({ name }) => name);
    throw new NotFoundError(
      `${service} has no port ${port}${didYouMean(port, names)}`,
      `its ports are: ${names.join(', ')}`,
    );
  }
  const found = toPages(await publishedPortsOf(record, { node, services: [service] }));
  const named = found.filter(({ name }) => port === undefined || name === port);
  const main = named.filter(({ name }) => name === 'web');
  const pages = main.length > 0 ? main : named;
  const [page, ...others] = pages;
  if (!page) throw noPage(record, nodes, planned, { service, port });
  if (others.length === 0) return page;
  const { name } = record.sandbox;
  if (others.some((other) => other.node !== page.node)) {
    const where = [...new Set(pages.map((each) => each.node))];
    throw new UsageError(
      `${service} has pages on ${where.length} nodes: ${where.join(', ')}`,
      `name one: bdsandbox open ${name}/${page.node} ${service}`,
    );
  }
  throw new UsageError(
    `${service} has ${pages.length} pages: ${pages.map((each) => each.name).join(', ')}`,
    `name one: bdsandbox open ${name} ${service}:${page.name}`,
  );
}

type PlannedPort = SandboxRecord['containers'][number]['services'][number]['ports'][number];

function portsOf(record: SandboxRecord, service: string): readonly PlannedPort[] {
  return record.containers.flatMap((node) => node.services).find(({ name }) => name === service)?.ports ?? [];
}

function noPage(
  { sandbox }: SandboxRecord,
  nodes: readonly ChosenNode[],
  planned: readonly PlannedPort[],
  { service, port }: { readonly service: string; readonly port: string | undefined },
): Error {
  const named = planned.filter(({ name }) => port === undefined || name === port);
  if (!named.some(({ protocol }) => protocol === 'http')) {
    const what = port === undefined ? `${service} has no web page` : `${service}:${port} is no web page`;
    return new NotFoundError(what, `see which there are: bdsandbox open ${sandbox.name}`);
  }
  const [node] = nodes;
  if (node && nodes.every(({ state }) => state !== 'running')) {
    return new ConflictError(
      `node ${node.name} of ${sandbox.name} is ${node.state}`,
      `see bdsandbox status ${sandbox.name}`,
    );
  }
  return new NotFoundError(
    `the web page of ${service} is not published on this host`,
    `ports are published when a sandbox is created: bdsandbox create ${sandbox.template} --publish ${service}`,
  );
}

function toPages(ports: readonly PlacedPort[]): Page[] {
  return ports.flatMap(({ node, service, name, url }) => (url === null ? [] : [{ node, service, name, url }]));
}
