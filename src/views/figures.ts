import type { Figure, SandboxMachine, SandboxStatus } from '../sandbox/index.js';
import { bytes } from '../ui/index.js';

/** One thing that figures are about, such as a machine or HDFS. */
export interface FigureLine {
  readonly title: string;
  readonly items: readonly FigureItem[];
}

export interface FigureItem {
  readonly text: string;
  /** False for what somebody should look at. */
  readonly well: boolean;
}

/** A share of a disk or memory that is worth a look. */
const NEARLY_FULL = 0.95;

/** The machines first, then what the services tell. */
export function figureLines({ machines, figures }: Pick<SandboxStatus, 'machines' | 'figures'>): FigureLine[] {
  const titles = Map.groupBy(figures, ({ title }) => title);
  return [...machines.map(machineLine), ...[...titles].map(([title, own]) => ({ title, items: own.map(figureItem) }))];
}

/** Lines of items that fit, those after the first one indented; titles take the same width. */
export function wrapFigures(
  lines: readonly FigureLine[],
  columns: number,
  paint: { readonly title: (text: string) => string; readonly bad: (text: string) => string },
): string[] {
  const indent = Math.max(0, ...lines.map(({ title }) => title.length)) + 2;
  return lines.flatMap(({ title, items }) => {
    const rows: FigureItem[][] = [[]];
    let room = columns - indent;
    for (const item of items) {
      const comma = item === items.at(-1) ? 0 : 1;
      if (item.text.length + comma > room && rows.at(-1)?.length !== 0) {
        rows.push([]);
        room = columns - indent;
      }
      rows.at(-1)?.push(item);
      room -= item.text.length + 2;
    }
    return rows.map((row, index) => {
      const head = index === 0 ? paint.title(title) + ' '.repeat(indent - title.length) : ' '.repeat(indent);
      const comma = index === rows.length - 1 ? '' : ',';
      return head + row.map(({ text, well }) => (well ? text : paint.bad(text))).join(', ') + comma;
    });
  });
}

function machineLine(machine: SandboxMachine): FigureLine {
  const { host, cpus, cpuPercent, memoryBytes, memoryFreeBytes, diskBytes, diskFreeBytes } = machine;
  const memory = share('memory used', memoryBytes - memoryFreeBytes, memoryBytes);
  const disk =
    diskBytes === null || diskFreeBytes === null ? [] : [share('disk used', diskBytes - diskFreeBytes, diskBytes)];
  return {
    title: host,
    items: [
      { text: `CPU ${Math.round(cpuPercent / cpus)} % of ${cpus === 1 ? '1 core' : `${cpus} cores`}`, well: true },
      memory,
      ...disk,
    ],
  };
}

function share(what: string, used: number, all: number): FigureItem {
  return { text: `${what} ${bytes(used)} of ${bytes(all)}`, well: used < all * NEARLY_FULL };
}

function figureItem({ label, unit, value, of, well }: Figure): FigureItem {
  const text = (count: number): string => (unit === 'bytes' ? bytes(count) : String(count));
  return { text: `${label} ${text(value)}${of === null ? '' : ` of ${text(of)}`}`, well };
}
