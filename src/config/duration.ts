import { UsageError } from '../errors/index.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a duration as people write it: 90s, 10m, 8h, 2d, 1h30m. A bare number has no unit and is refused. */
export function parseDuration(text: string): number {
  const compact = text.trim().toLowerCase();
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(compact)) throw invalid(text);
  let total = 0;
  for (const [, amount, , unit] of compact.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  const ms = Math.round(total);
  if (!Number.isSafeInteger(ms) || ms <= 0) throw invalid(text);
  return ms;
}

/** As people write it, and exactly: what parseDuration reads again. */
export function formatDuration(ms: number): string {
  let rest = ms;
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(UNIT_MS).toSorted(([, one], [, other]) => other - one)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.join('');
}

function invalid(text: string): UsageError {
  return new UsageError(`"${text}" is no duration above zero`, 'write a number and a unit, such as 90s, 10m, 8h or 2d');
}
