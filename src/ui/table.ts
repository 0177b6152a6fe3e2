import { stdoutColumns } from './prose.js';
import { displayWidth, oneLine, truncate, wrap } from './width.js';

/** A title, or more when the column is special. */
export type Column = string | ColumnOptions;

export interface ColumnOptions {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives way first when the table is too wide, and is cut, or goes on in the lines below; without any, the widest does. */
  readonly flexible?: 'cut' | 'wrap';
  /** Left out altogether, the lowest number first, where the flexible ones would have too little room. */
  readonly drop?: number;
}

export interface TableOptions {
  /** Default: the terminal's, or 80. */
  readonly width?: number;
}

const GAP = 2;
const NARROWEST = 6;
/** What flexible columns get before others are left out for them. */
const FLEXIBLE_ROOM = 20;

/** Aligned columns without borders, so that awk and people read it alike; never wider than the terminal. */
export async function table(
  titles: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): Promise<string> {
  // Only a command that draws a table pays for loading it.
  const { default: Table } = await import('cli-table3');
  const wanted = titles.map((column): ColumnOptions => (typeof column === 'string' ? { title: column } : column));
  const cells = [wanted.map(({ title }) => title), ...rows.map((row) => row.map(clean))];
  // A pipe gets everything: what reads it has no width, and a cut name is a wrong name.
  const limit = options.width ?? stdoutColumns() ?? Number.POSITIVE_INFINITY;
  const shown = shownColumns(wanted, naturalWidths(cells), limit);
  const columns = shown.flatMap((index) => wanted[index] ?? []);
  const all = cells.map((row) => shown.map((index) => row[index] ?? ''));
  const widths = fitWidths(columns, naturalWidths(all), limit);
  const drawing = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: widths.map((width, index) => width + (index < widths.length - 1 ? GAP : 0)),
  });
  for (const row of all) drawing.push(row.map((cell, index) => ({ content: cut(cell, index) })));
  return drawing
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');

  function cut(cell: string, index: number): string {
    const width = widths[index] ?? NARROWEST;
    if (columns[index]?.flexible === 'wrap') {
      // A word that is too long, such as a digest, goes on below too: nothing is lost.
      const lines = wrap(cell, width).flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? ['']);
      return lines.map((line) => truncate(line, width)).join('\n');
    }
    const text = truncate(cell, width);
    // The gap belongs to the left column; a right-aligned number has to stop before it.
    return columns[index]?.align === 'right' && index < widths.length - 1 ? `${text}${' '.repeat(GAP)}` : text;
  }
}

/** A cell is one line. Colours may stay: they come from us, through colorsFor(). */
function clean(cell: string): string {
  return cell.includes('\n') ? oneLine(cell) : cell;
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  const count = rows[0]?.length ?? 0;
  return Array.from({ length: count }, (_, index) => Math.max(...rows.map((row) => displayWidth(row[index] ?? ''))));
}

/** Indices of those that are not dropped. */
function shownColumns(columns: readonly ColumnOptions[], natural: readonly number[], limit: number): number[] {
  const least = natural.map((width, index) =>
    columns[index]?.flexible === undefined ? width : Math.min(width, FLEXIBLE_ROOM),
  );
  const shown = columns.map((_, index) => index);
  const leaving = shown
    .filter((index) => columns[index]?.drop !== undefined)
    .sort((one, other) => (columns[one]?.drop ?? 0) - (columns[other]?.drop ?? 0));
  for (const index of leaving) {
    if (totalWidth(shown.map((each) => least[each] ?? 0)) <= limit) break;
    shown.splice(shown.indexOf(index), 1);
  }
  return shown;
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
}

function fitWidths(columns: readonly ColumnOptions[], natural: readonly number[], limit: number): number[] {
  const widths = [...natural];
  const flexible = columns.flatMap((column, index) => (column.flexible === undefined ? [] : [index]));
  const everything = widths.map((_, index) => index);
  for (const candidates of [flexible, everything]) shrink(widths, candidates, limit);
  return widths;
}

/** Takes a column's width away one by one, always from the widest candidate. */
function shrink(widths: number[], candidates: readonly number[], limit: number): void {
  while (totalWidth(widths) > limit) {
    const widest = candidates.toSorted((one, other) => (widths[other] ?? 0) - (widths[one] ?? 0))[0];
    if (widest === undefined || (widths[widest] ?? 0) <= NARROWEST) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
