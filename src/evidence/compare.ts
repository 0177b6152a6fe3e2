import { unifiedDiff } from './config-diff.js';
import { parseConfig } from './parse-config.js';
import type { Evidence } from './read.js';

/** Two things that should be the same; null where one side has none. */
export interface Pair<Value> {
  readonly a: Value | null;
  readonly b: Value | null;
}

export interface ServiceView {
  readonly state: string;
  readonly detail: string;
}

export interface NodeDifference {
  readonly node: string;
  readonly config: readonly ({ readonly file: string; readonly key: string } & Pair<string>)[];
  /** Files without keys: config and what the plan made of the services. */
  readonly texts: readonly { readonly file: string; readonly diff: string }[];
  /** Services whose state differs; their details are for people. */
  readonly services: readonly ({ readonly service: string } & Pair<ServiceView>)[];
  /** Components of the plan, packages of the image, the kernel. */
  readonly versions: readonly ({ readonly name: string } & Pair<string>)[];
  /** Config, services and logs; paths inside the node's folder of the bundle. */
  readonly files: { readonly onlyA: readonly string[]; readonly onlyB: readonly string[] };
}

export interface EvidenceDifference {
  readonly equal: boolean;
  readonly nodes: {
    readonly both: readonly string[];
    readonly onlyA: readonly string[];
    readonly onlyB: readonly string[];
  };
  /** Nodes of both sides that differ. */
  readonly differing: readonly NodeDifference[];
}

/** What differs between two sandboxes, as far as it can matter for a bug: no times, no process numbers, no log lines. */
export function compareEvidence(a: Evidence, b: Evidence): EvidenceDifference {
  const both = a.nodes.filter((node) => b.nodes.includes(node));
  const nodes = { both, onlyA: without(a.nodes, b.nodes), onlyB: without(b.nodes, a.nodes) };
  const differing = both
    .map((node) => compareNode(new NodeEvidence(a, node), new NodeEvidence(b, node), node))
    .filter(isDifferent);
  const equal = differing.length === 0 && nodes.onlyA.length === 0 && nodes.onlyB.length === 0;
  return { equal, nodes, differing };
}

class NodeEvidence {
  readonly paths: readonly string[];
  readonly #evidence: Evidence;
  readonly #node: string;

  constructor(evidence: Evidence, node: string) {
    this.#evidence = evidence;
    this.#node = node;
    this.paths = evidence.entries
      .filter(({ path }) => path.startsWith(`${node}/`))
      .map(({ path }) => path.slice(node.length + 1))
      .filter((path) => /^(?:config|services|logs)\//.test(path))
      .sort();
  }

  text(path: string): string | undefined {
    return this.#evidence.text(`${this.#node}/${path}`);
  }

  json(path: string): unknown {
    try {
      return JSON.parse(this.text(path) ?? 'null');
    } catch {
      return null;
    }
  }
}

function compareNode(a: NodeEvidence, b: NodeEvidence, node: string): NodeDifference {
  const common = a.paths.filter((path) => b.paths.includes(path) && !path.startsWith('logs/'));
  const compared = [...common, 'bdsandbox/environment'].map((path) => compareFile(path, a.text(path), b.text(path)));
  return {
    node,
    config: compared.flatMap(({ config }) => config),
    texts: compared.flatMap(({ texts }) => texts),
    services: compareServices(a, b),
    versions: compareMaps(versionsOf(a), versionsOf(b)).map(({ key: name, ...pair }) => ({ name, ...pair })),
    files: { onlyA: without(a.paths, b.paths), onlyB: without(b.paths, a.paths) },
  };
}

function compareFile(
  file: string,
  a: string | undefined,
  b: string | undefined,
): Pick<NodeDifference, 'config' | 'texts'> {
  if (a === b || a === undefined || b === undefined) return { config: [], texts: [] };
  const keys = [parseConfig(file, a), parseConfig(file, b)] as const;
  const config = keys[0] && keys[1] ? compareMaps(keys[0], keys[1]).map((pair) => ({ file, ...pair })) : undefined;
  // Equal keys in another order, or with other comments.
  if (config) return { config, texts: [] };
  return { config: [], texts: [{ file, diff: unifiedDiff(`a/${file}`, `b/${file}`, Buffer.from(a), Buffer.from(b)) }] };
}

function compareServices(a: NodeEvidence, b: NodeEvidence): NodeDifference['services'] {
  const [before, after] = [servicesOf(a), servicesOf(b)];
  // One side had no node that could answer.
  if (before === undefined || after === undefined) return [];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((service) => ({ service, a: before.get(service) ?? null, b: after.get(service) ?? null }))
    .filter((pair) => pair.a?.state !== pair.b?.state);
}

function servicesOf(node: NodeEvidence): ReadonlyMap<string, ServiceView> | undefined {
  const services = node.json('views/services.json');
  if (!Array.isArray(services)) return undefined;
  return new Map(
    services
      .filter(isRecord)
      .map(({ name, state, detail }) => [String(name), { state: String(state), detail: String(detail ?? '') }]),
  );
}

function versionsOf(node: NodeEvidence): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  const plan = node.json('bdsandbox/plan.json');
  const components = isRecord(plan) && Array.isArray(plan['components']) ? plan['components'] : [];
  for (const { name, version } of components.filter(isRecord)) versions.set(String(name), String(version));
  for (const line of (node.text('views/versions.txt') ?? '').split('\n')) {
    // uname -a: system, host name, release; the host's name is the node's.
    const kernel = /^Linux \S+ (\S+)/.exec(line);
    const [name = '', version = ''] = kernel ? ['kernel', kernel[1]] : line.split(' ');
    if (name !== '') versions.set(name, version);
  }
  return versions;
}

function compareMaps(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): ({ readonly key: string } & Pair<string>)[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .sort()
    .map((key) => ({ key, a: a.get(key) ?? null, b: b.get(key) ?? null }))
    .filter((pair) => pair.a !== pair.b);
}

function isDifferent({ config, texts, services, versions, files }: NodeDifference): boolean {
  return [config, texts, services, versions, files.onlyA, files.onlyB].some(({ length }) => length > 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function without(all: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return all.filter((one) => !known.has(one));
}
