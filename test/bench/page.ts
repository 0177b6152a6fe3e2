import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { asText, type Figure, HISTORY, type Run, targetOf } from './report.js';

const PAGE = path.resolve(HISTORY, '../../performance.md');
const TITLES = {
  create: 'Create of 5 nodes',
  many: '10 sandboxes of 1 node',
  manyLarge: '5 sandboxes of 5 nodes',
  nodes: 'Create as the number of nodes grows',
} as const;

/** The figures that are followed over time: title and what. */
const FOLLOWED: readonly (readonly [string, string])[] = [
  ['Create of 5 nodes', 'from a golden, until every service answers'],
  ['Create of 1 node', 'from a golden, until every service answers'],
  ['Snapshot of 5 nodes', 'frozen'],
  ['Snapshot of 1 node', 'frozen'],
  ['Snapshot of 5 nodes', 'live restore right after it, until every service answers'],
  ['Snapshot of 1 node', 'live restore right after it, until every service answers'],
];

/** Writes docs/performance.md and its pictures out of the history: of each measurement its last run. */
export async function writePerformancePage(): Promise<void> {
  const text = await readFile(HISTORY, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const history = JSON.parse(text) as Run[];
  const last = new Map<string, Run>();
  for (const run of history) for (const title of Object.keys(run.figures)) last.set(title, run);
  const folder = path.dirname(HISTORY);
  const pictures: string[] = [];
  for (const [name, spec] of Object.entries(specsOf(history, last))) {
    await writeFile(path.join(folder, `${name}.svg`), `${await draw(spec)}\n`);
    pictures.push(`![${name.replaceAll('-', ' ')}](performance/${name}.svg)`);
  }
  const tables = [...last].map(([title, run]) => tableOf(title, run));
  await writeFile(PAGE, `${[INTRODUCTION, ...pictures, ...tables].join('\n\n')}\n`);
}

const INTRODUCTION = `# Performance

Written by \`npm run bench\`, which keeps every run in [history.json](performance/history.json). Each table is the last run
of one measurement; only figures of one table were measured together. Machines are noisy, and one that gets memory from
its host page by page is slow at whatever writes memory: compare with the floor beside it (copying as many bytes, as many
idle containers), and compare ratios rather than seconds. A bench asserts nothing about time.`;

function tableOf(title: string, run: Run): string {
  const figures = run.figures[title] ?? [];
  const rows = figures.map((figure) => `| ${figure.what} | ${asText(figure)} | ${targetOf(figure)} |`);
  const about = `${run.date.slice(0, 16).replace('T', ' ')} UTC, commit ${run.commit || 'unknown'}, ${run.machine}`;
  return [`## ${title}`, '', about, '', '| what | figure | target |', '| --- | --- | --- |', ...rows].join('\n');
}

function specsOf(history: readonly Run[], last: ReadonlyMap<string, Run>): Record<string, TopLevelSpec> {
  const figures = (title: string): readonly Figure[] => last.get(title)?.figures[title] ?? [];
  const bars = figures(TITLES.create).filter(({ unit, what }) => unit === 's' && !what.startsWith('first'));
  const nodes = figures(TITLES.nodes).flatMap(({ what, value, unit }) => {
    const [, how, count] = /^(.*), (\d+) node/.exec(what) ?? [];
    return unit === 's' && how !== undefined ? [{ how, nodes: Number(count), seconds: value }] : [];
  });
  const others = [TITLES.many, TITLES.manyLarge].flatMap((title) =>
    figures(title).flatMap(({ what, value }) => {
      const [, beside] = /^create beside (\d+)/.exec(what) ?? [];
      return beside === undefined
        ? []
        : [{ of: title.replace(/^\d+ sandboxes of /, ''), beside: Number(beside), seconds: value }];
    }),
  );
  const followed = history.flatMap((run) =>
    FOLLOWED.flatMap(([title, what]) => {
      const figure = run.figures[title]?.find((each) => each.what === what);
      return figure
        ? [{ run: `${run.date.slice(0, 16)} ${run.commit}`, what: `${title}: ${what}`, seconds: figure.value }]
        : [];
    }),
  );
  const specs: Record<string, TopLevelSpec> = {};
  if (bars.length > 0) {
    specs['a-cluster-of-five-nodes'] = {
      ...frame(bars, 'A cluster of five nodes, seconds'),
      mark: 'bar',
      encoding: {
        y: { field: 'what', type: 'nominal', sort: null, title: null, axis: { labelLimit: 400 } },
        x: { field: 'value', type: 'quantitative', title: 'seconds' },
      },
    };
  }
  if (nodes.length > 0) specs['create-by-nodes'] = lines(nodes, 'Create, by number of nodes', 'nodes', 'how');
  if (others.length > 0)
    specs['create-by-sandboxes'] = lines(others, 'Create from a golden, by sandboxes already there', 'beside', 'of');
  if (followed.length > 0) specs['history'] = lines(followed, 'Over time', 'run', 'what');
  return specs;
}

function lines(values: readonly object[], title: string, x: string, color: string): TopLevelSpec {
  return {
    ...frame(values, title),
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: x, type: 'ordinal', axis: { labelAngle: x === 'run' ? -40 : 0 } },
      y: { field: 'seconds', type: 'quantitative', scale: { zero: true } },
      color: { field: color, type: 'nominal', legend: { orient: 'bottom', columns: 1, labelLimit: 600, title: null } },
    },
  };
}

function frame(
  values: readonly object[],
  title: string,
): { data: { values: object[] }; title: string; width: number; background: string } {
  return { data: { values: [...values] }, title, width: 560, background: 'white' };
}

function draw(spec: TopLevelSpec): Promise<string> {
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
