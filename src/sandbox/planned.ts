import type { Engines } from '../engine/index.js';
import type { PlannedService } from '../plan/index.js';
import type { NodeContainer, SandboxRecord } from './inventory.js';
import { LABELS } from './labels.js';

/** What a sandbox that is there knows of its own plan. */
export interface Planned {
  /** Services, each after what it needs. */
  readonly startOrder: readonly string[];
  readonly readyTimeoutMs: number;
  /** The nodes of these containers, in their order. */
  readonly nodes: readonly PlannedPlace[];
}

export interface PlannedPlace {
  readonly plan: { readonly name: string; readonly services: readonly AwaitedService[] };
  readonly host: string;
  readonly container: string;
}

type AwaitedService = Pick<PlannedService, 'name' | 'log' | 'hint'>;

const READY_TIMEOUT_MS = 600_000;

/**
 * Out of the labels and the plan in the first node that has one. A plan that is gone or damaged is no reason not to
 * start or stop a sandbox: then services have no order, and a service no hint.
 */
export async function plannedOf(engines: Engines, { containers }: SandboxRecord): Promise<Planned> {
  const plan = Object(await readPlan(engines, containers)) as {
    readonly startOrder?: unknown;
    readonly readyTimeoutMs?: unknown;
    readonly nodes?: unknown;
  };
  const known = listOf(plan.nodes).flatMap((node) => listOf(node['services']));
  const { readyTimeoutMs } = plan;
  return {
    startOrder: Array.isArray(plan.startOrder) ? plan.startOrder.map(String) : [],
    readyTimeoutMs: typeof readyTimeoutMs === 'number' && readyTimeoutMs > 0 ? readyTimeoutMs : READY_TIMEOUT_MS,
    nodes: containers.map(({ host, summary, services }) => ({
      host,
      container: summary.id,
      plan: {
        name: nodeName({ summary }),
        services: services.map(({ name }) => {
          const { log, hint } = Object(known.find((each) => each['name'] === name)) as Partial<AwaitedService>;
          return { name, log: log ?? `/var/log/bdsandbox/${name}.log`, hint: hint ?? '' };
        }),
      },
    })),
  };
}

/** Names of services in the order in which they start; unknown ones last. */
export function inStartOrder(names: Iterable<string>, { startOrder }: Planned): string[] {
  const place = (name: string): number => (startOrder.includes(name) ? startOrder.indexOf(name) : startOrder.length);
  return [...new Set(names)].sort((a, b) => place(a) - place(b));
}

export function nodeName({ summary }: Pick<NodeContainer, 'summary'>): string {
  return summary.labels[LABELS.node] ?? summary.name;
}

async function readPlan(engines: Engines, containers: readonly NodeContainer[]): Promise<unknown> {
  for (const { host, summary } of containers) {
    try {
      const text = await engines.on(host).containers.readFile(summary.id, '/etc/bdsandbox/plan.json');
      if (text) return JSON.parse(text.toString());
    } catch {
      // Half written, or the container is on its way out.
    }
  }
  return undefined;
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(Object) : [];
}
