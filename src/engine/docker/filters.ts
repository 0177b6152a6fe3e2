import type { LabelFilter } from '../port.js';

/** The engine's form of a label filter: a bare name matches any value. */
export function labelFilters(filter: LabelFilter): { label: string[] } {
  return { label: Object.entries(filter).map(([name, value]) => (value === '' ? name : `${name}=${value}`)) };
}
