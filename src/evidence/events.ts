import type { TimedEvent } from './types.js';

const MOST_EVENTS = 200;

/** In a node: written by its own scripts when services start and end. */
export const NODE_EVENTS = 'logs/events.jsonl';

/** The last lines of a node's file. Half a line, written while it was read, is passed over. */
export function readEvents(node: string, content: Buffer | undefined, most = MOST_EVENTS): TimedEvent[] {
  const lines = (content?.toString() ?? '').split('\n').slice(-most - 1);
  return lines.flatMap((line) => {
    try {
      const event: unknown = JSON.parse(line);
      const at = Object(event).at;
      return typeof at === 'string' ? [{ ...Object(event), at, node }] : [];
    } catch {
      return [];
    }
  });
}

/** The last of them in the order of time, as lines. */
export function eventLines(events: readonly TimedEvent[]): string {
  return events
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(-MOST_EVENTS)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}
