import { parseDuration } from '../config/index.js';
import { UsageError } from '../errors/index.js';

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * A moment as people give it: how long ago (10m, 2h30m), or a time, also one copied from a log; UTC unless it says a zone.
 * @returns UTC ISO 8601 with milliseconds
 * @throws UsageError
 */
export function parseSince(text: string, now: Date = new Date()): string {
  const match = TIME.exec(text.trim());
  if (match) {
    const [, day, minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
    const time = new Date(`${day}T${minutes}:${seconds}.${`${fraction}000`.slice(0, 3)}${zone}`);
    if (!Number.isNaN(time.getTime())) return time.toISOString();
  } else {
    const ago = durationOf(text);
    if (ago !== undefined && ago < now.getTime()) return new Date(now.getTime() - ago).toISOString();
  }
  throw new UsageError(
    `--since: "${text}" is neither a duration nor a time`,
    'write for example 10m, 2h, 2026-01-31T12:00 (UTC) or 2026-01-31T12:00+02:00',
  );
}

function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
