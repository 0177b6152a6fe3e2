import type { NodeDifference, Pair } from '../evidence/index.js';
import type { SnapshotDifference } from '../snapshot/index.js';
import { prose } from '../ui/index.js';
import { detailsOf } from './events.js';

/** A long list says nothing more after some of it. */
const MOST_FILES = 10;

/** A on the left, B on the right of each arrow. */
export function snapshotDifference(difference: SnapshotDifference): string {
  const { a, b, equal, manifest, evidence, changes } = difference;
  const lines = [
    equal ? `${a} and ${b} do not differ in versions, settings, config, files or services.` : `${a} → ${b}`,
    ...section(
      '',
      manifest.map((pair) => `${pair.name}: ${arrow(pair)}`),
    ),
    ...section(`nodes only in ${a}`, evidence?.nodes.onlyA ?? []),
    ...section(`nodes only in ${b}`, evidence?.nodes.onlyB ?? []),
    ...(evidence ? byNodes(evidence.differing, evidence.nodes.both.length, (node) => ofNode(node, a, b)) : []),
    ...(evidence ? [] : ['', 'No evidence of both: their files and services were not compared.']),
    ...section(`done in ${a} only`, changes.onlyA.map(changeLine)),
    ...section(`done in ${b} only`, changes.onlyB.map(changeLine)),
  ];
  return lines.join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const single = lines.flatMap((line) => line.split('\n'));
  return ['', ...(title === '' ? [] : [title]), ...single.map((line) => prose(`  ${line}`.trimEnd(), { indent: 4 }))];
}

/** What is the same on several nodes is said once. */
function byNodes(
  differing: readonly NodeDifference[],
  all: number,
  linesOf: (node: NodeDifference) => readonly string[],
): string[] {
  const nodesOf = new Map<string, string[]>();
  for (const node of differing) {
    for (const line of linesOf(node)) nodesOf.set(line, [...(nodesOf.get(line) ?? []), node.node]);
  }
  const titleOf = (nodes: readonly string[]): string =>
    nodes.length === all && all > 1 ? `on all ${all} nodes` : nodes.join(', ');
  const mostFirst = [...nodesOf].toSorted(([, one], [, other]) => other.length - one.length);
  const byTitle = Map.groupBy(mostFirst, ([, nodes]) => titleOf(nodes));
  return [...byTitle].flatMap(([title, lines]) =>
    section(
      title,
      lines.map(([line]) => line),
    ),
  );
}

/** Each of them stands for itself, with the lines that belong to it. */
function ofNode({ versions, config, texts, services, files }: NodeDifference, a: string, b: string): string[] {
  return [
    ...versions.map((pair) => `version of ${pair.name}: ${arrow(pair)}`),
    ...services.map((pair) => `${pair.service}: ${arrow({ a: stateOf(pair.a), b: stateOf(pair.b) })}`),
    ...config.map((pair) => `${pair.file}: ${pair.key}: ${arrow(pair)}`),
    ...texts.map(({ file, diff }) => `${file}:\n${diff.trimEnd()}`.replaceAll('\n', '\n  ')),
    ...onlyIn(a, files.onlyA),
    ...onlyIn(b, files.onlyB),
  ];
}

function onlyIn(name: string, files: readonly string[]): string[] {
  const more = files.length - MOST_FILES;
  const lines = files.slice(0, MOST_FILES).map((file) => `only in ${name}: ${file}`);
  return more > 0 ? [...lines, `only in ${name}: ${more} more, see --json`] : lines;
}

function stateOf(view: { readonly state: string; readonly detail: string } | null): string | null {
  return view && (view.detail === '' ? view.state : `${view.state} (${view.detail})`);
}

function arrow({ a, b }: Pair<string>): string {
  return `${a ?? 'none'} → ${b ?? 'none'}`;
}

function changeLine({ at, what, sandbox, by, ...details }: SnapshotDifference['changes']['onlyA'][number]): string {
  return `${at} ${sandbox}: ${what} ${detailsOf(details)}`.trimEnd();
}
