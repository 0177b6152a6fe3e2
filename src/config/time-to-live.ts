import { UsageError } from '../errors/index.js';
import { parseDuration } from './duration.js';

/** When a sandbox is to end: so long from now, so long after the end it has, or never. */
export type TimeToLive = { readonly from: 'now' | 'end'; readonly ms: number } | 'never';

/** 8h, +8h, never or none. @throws UsageError */
export function parseTimeToLive(text: string): TimeToLive {
  const word = text.trim().toLowerCase();
  if (word === 'never' || word === 'none') return 'never';
  const from = word.startsWith('+') ? 'end' : 'now';
  try {
    return { from, ms: parseDuration(from === 'end' ? word.slice(1) : word) };
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new UsageError(
      `"${text}" is no time to live`,
      'write 8h (from now on), +8h (after the end it has now) or never',
      { cause },
    );
  }
}
