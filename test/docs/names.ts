import { resolve } from 'node:path';
import { describeComponent, listComponents, listTemplates, loadCatalog } from '../../src/catalog/index.js';
import { parseDuration, parseTimeToLive } from '../../src/config/index.js';
import { KEYS } from '../../src/config/keys.js';
import { makePlan } from '../../src/plan/index.js';
import { ROOT } from './pages.ts';

const catalog = await loadCatalog({ folders: [resolve(ROOT, 'templates')] });
const components = listComponents(catalog).map(({ name }) => describeComponent(catalog, name));
const templates = listTemplates(catalog);
const nodes = templates.flatMap(({ name, defaultNodes }) =>
  [...new Set([1, defaultNodes])].flatMap((count) =>
    makePlan(catalog, { template: name, nodes: count, versions: {}, settings: [], restart: 'no' }).nodes.map(
      (node) => node.name,
    ),
  ),
);
const services = components.flatMap((component) => component.services);

/** What there is, by the word for it. */
const THERE: Readonly<Record<string, readonly string[]>> = {
  template: templates.map(({ name }) => name),
  component: components.map(({ name }) => name),
  service: services.map(({ name }) => name),
  node: [...new Set(nodes)],
  'config file': components.flatMap(({ config }) => config.map(({ name }) => name)),
  setting: Object.values(KEYS).map(({ key }) => key),
};

/** What a word that means one of these gets wrong. Capitals stand for whatever a reader has. */
export function unknown(what: keyof typeof THERE, word: string): string[] {
  if (/^[A-Z]+$/.test(word) || THERE[what]?.includes(word)) return [];
  return [`there is no ${what} "${word}"; there are ${THERE[what]?.join(', ')}`];
}

/** NODE/SERVICE, each of which may be missing, behind a sandbox. */
export function unknownPlace(place: string): string[] {
  const [sandbox = '', node, service] = place.split('/');
  return [
    ...(/^[a-z0-9][a-z0-9-]{0,39}$|^$|^[A-Z]+$/.test(sandbox) ? [] : [`"${sandbox}" is no name of a sandbox`]),
    ...(node === undefined ? [] : unknown('node', node)),
    ...(service === undefined ? [] : unknown('service', service)),
  ];
}

/** FILE:KEY or FILE:KEY=VALUE */
export function unknownSetting(text: string): string[] {
  const [, file = '', key] = /^([^:]+):([^=]+)(=|$)/.exec(text) ?? [];
  return key === undefined ? [`"${text}" is not FILE:KEY=VALUE`] : unknown('config file', file);
}

/** SERVICE[.PORTNAME][=PORT] */
export function unknownPort(text: string): string[] {
  const [name = '', port] = (text.split('=')[0] ?? '').split('.');
  const ports = services.find((service) => service.name === name)?.ports.map((each) => each.name) ?? [];
  const isThere = port === undefined || ports.includes(port);
  return [...unknown('service', name), ...(isThere ? [] : [`${name} has no port "${port}", but ${ports.join(', ')}`])];
}

/** ready, gone, ... or service=[NODE/]NAME[=stopped] */
export function unknownCondition(text: string): string[] {
  const place = /^service=([^=]+)/.exec(text)?.[1];
  if (place === undefined) return [];
  const [service = '', node] = place.split('/').reverse();
  return [...unknown('service', service), ...(node === undefined ? [] : unknown('node', node))];
}

/** In the evidence, docs/explanation/evidence.md. */
export function unknownEvidence(path: string): string[] {
  if (/^(about\.json|events\.jsonl|problems\.txt|FILE)$/.test(path)) return [];
  const [node = '', folder = ''] = path.split('/');
  const isThere = /^(views|config|config\.diff|planned|services|bdsandbox|logs)$/.test(folder);
  const kinds = 'NODE/views, config, config.diff, planned, services, bdsandbox and logs';
  return [...unknown('node', node), ...(isThere ? [] : [`the evidence has no ${path}; there are ${kinds}`])];
}

export function wrongTime(flag: string, text: string): string[] {
  try {
    (flag === 'ttl' ? parseTimeToLive : parseDuration)(text);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
