import type { Engine } from '../engine/index.js';
import { ServiceFailedError } from '../errors/index.js';
import { NodeAgent, type ServiceStatus } from '../node/index.js';
import { causeOfEnd } from './cause.js';

const LOG_LINES = 15;

export interface FailedPlace {
  readonly engine: Engine;
  readonly container: string;
  readonly node: string;
  /** Its log, for people; the service's name where that is not known. */
  readonly log: string;
}

/** A service that ended by itself: what its log says of why comes first. */
export async function serviceFailed(
  place: FailedPlace,
  status: ServiceStatus,
  hint: string,
): Promise<ServiceFailedError> {
  const [cause, details] = await Promise.all([
    causeOfEnd(place.engine, place.container, status),
    lastLines(place, status.name),
  ]);
  const why = [status.detail === '' ? 'no reason known' : status.detail, ...(cause === undefined ? [] : [cause])];
  return new ServiceFailedError(`${status.name} on ${place.node} failed: ${why.join(': ')}`, hint, { details });
}

/** Of a service's log, with a line that says what they are. */
export async function lastLines({ engine, container, node, log }: FailedPlace, service: string): Promise<string[]> {
  const lines = await new NodeAgent(engine, container).log(service, LOG_LINES).catch(() => []);
  return [`last lines of ${log} on ${node}:`, ...lines];
}

/** @param where SANDBOX/NODE */
export function logsHint(where: string, service: string): string {
  return `all of its log: bdsandbox logs ${where}/${service}`;
}
