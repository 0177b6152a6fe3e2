import type { TimedEvent } from './types.js';

export const MOST_EVENTS = 200;

/** In a node: written by its own scripts when services start and end. */
export const NODE_EVENTS = 'logs/events.jsonl';

/** The last of them in the order of time, as lines. */
export function eventLines(events: readonly TimedEvent[]): string {
  return events
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(-MOST_EVENTS)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}
