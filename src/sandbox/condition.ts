import { closest, UsageError } from '../errors/index.js';

const STATES = ['ready', 'running', 'stopped', 'gone'] as const;

/** What `wait --for` waits for. */
export type Condition = { readonly text: string } & (
  | { readonly kind: (typeof STATES)[number] }
  | {
      readonly kind: 'service';
      /** Every node that has it, when absent. */
      readonly node: string | undefined;
      readonly service: string;
      readonly state: 'ready' | 'stopped';
    }
);

/** @param text ready, running, stopped, gone, or service=[NODE/]NAME[=ready|stopped] @throws UsageError */
export function parseCondition(text: string): Condition {
  const kind = STATES.find((state) => state === text);
  if (kind !== undefined) return { text, kind };
  const [, node, service, state = 'ready'] = /^service=(?:([^=/]+)\/)?([^=/]+)(?:=(.*))?$/.exec(text) ?? [];
  if (service !== undefined && (state === 'ready' || state === 'stopped')) {
    return { text, kind: 'service', node, service, state };
  }
  const meant = closest(text, STATES);
  const all = 'ready, running, stopped, gone, service=NAME, service=NAME=stopped or service=NODE/NAME';
  throw new UsageError(`"${text}" is nothing to wait for`, meant === undefined ? all : `did you mean ${meant}? ${all}`);
}

/** For people, as a step of progress. */
export function titleOf(condition: Condition): string {
  if (condition.kind !== 'service') {
    return { ready: 'Services ready', running: 'Nodes running', stopped: 'Nodes stopped', gone: 'Gone' }[
      condition.kind
    ];
  }
  const { node, service, state } = condition;
  return `${service}${node === undefined ? '' : ` on ${node}`} ${state}`;
}
