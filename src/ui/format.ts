const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units, as disks and `docker images` count: 1234567890 is "1.2 GB". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  // 999.95 would be printed as 1000.0
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${SIZE_UNITS[unit]}`;
}

/** 850 ms, 12.3 s, 4m 5s, 3h 12m, 2d 4h: two units at most. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, 'm', 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, 'h', 'm');
  return twoUnits(Math.round(ms / 3_600_000), 24, 'd', 'h');
}

/** "3 h ago", for an ISO time or a Date. */
export function ago(time: string | Date, now: Date = new Date()): string {
  const ms = now.getTime() - new Date(time).getTime();
  return ms < 1000 ? 'now' : `${coarse(ms)} ago`;
}

/** "in 5h 20m", or "expired" for a time that has passed. */
export function until(time: string | Date, now: Date = new Date()): string {
  const ms = new Date(time).getTime() - now.getTime();
  if (ms <= 0) return 'expired';
  // Down to the minute, since then something is removed; eight hours that were given a moment ago are eight still.
  const toTheMinute = Math.ceil(ms / 60_000) * 60_000;
  return `in ${toTheMinute >= 3_600_000 ? duration(toTheMinute) : coarse(ms)}`;
}

function twoUnits(total: number, per: number, big: string, small: string): string {
  const rest = total % per;
  return rest === 0 ? `${total / per}${big}` : `${Math.floor(total / per)}${big} ${rest}${small}`;
}

const COARSE_UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** Rounded down: something two and a half days old is "2 d" old. */
function coarse(ms: number): string {
  const [size, unit] = COARSE_UNITS.find(([unitMs]) => ms >= unitMs) ?? [1000, 's'];
  return `${Math.max(1, Math.floor(ms / size))} ${unit}`;
}
