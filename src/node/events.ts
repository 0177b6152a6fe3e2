/** What a node noted when a service started or ended. */
export interface NodeEvent {
  /** UTC ISO 8601 */
  readonly at: string;
  readonly node: string;
  readonly [detail: string]: unknown;
}

/**
 * The lines of a node's events.jsonl. Half a line, written while it was read, is passed over.
 * @param most the last ones; all when absent
 */
export function readEvents(node: string, content: Buffer | undefined, most?: number): NodeEvent[] {
  const lines = (content?.toString() ?? '').split('\n');
  return lines.slice(most === undefined ? 0 : -most - 1).flatMap((line) => {
    try {
      const event: unknown = JSON.parse(line);
      const at = Object(event).at;
      return typeof at === 'string' ? [{ ...Object(event), at, node }] : [];
    } catch {
      return [];
    }
  });
}
