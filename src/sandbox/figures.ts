import type { ToldFigure } from '../node/index.js';
import type { Figure } from './model.js';

const MEGABYTE = 1024 * 1024;

/** What nodes and services tell under one title and label is one figure: the sum. By title, then as they came. */
export function addUp(told: readonly ToldFigure[]): Figure[] {
  const groups = Map.groupBy(told, ({ title, label }) => `${title}\n${label}`);
  return [...groups.values()].map(sum).sort((a, b) => a.title.localeCompare(b.title));
}

function sum(told: readonly ToldFigure[]): Figure {
  const [first] = told;
  if (!first) throw new TypeError('a group of nothing');
  const { title, label, unit, well, all } = first;
  const factor = unit === 'megabytes' ? MEGABYTE : 1;
  const value = told.reduce((total, each) => total + each.value, 0) * factor;
  const parts = told.flatMap((each) => each.of ?? []);
  const whole = all ?? (parts.length > 0 ? parts.reduce((total, part) => total + part, 0) * factor : null);
  const isWell = well === 'none' ? value === 0 : well !== 'all' || whole === null || value >= whole;
  return { title, label, unit: unit === 'count' ? unit : 'bytes', value, of: whole, well: isWell };
}
