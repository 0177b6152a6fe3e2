import type { ShownSnapshot } from '../snapshot/index.js';
import { ago, bytes, duration, prose, stdoutColumns, type TableOptions, table } from '../ui/index.js';
import { detailsOf } from './events.js';
import { fromWhere } from './snapshot.js';

/** Everything that is known of a snapshot without restoring it: what one looks for first, what proves it last. */
export async function shownSnapshot(snapshot: ShownSnapshot, options: TableOptions = {}): Promise<string> {
  const sections = [
    await header(snapshot, options),
    ['Try next:', ...indented(suggestions(snapshot))].join('\n'),
    notReady(snapshot, options),
    snapshot.problems.length === 0 ? '' : ['What is missing:', ...indented(snapshot.problems)].join('\n'),
    await nodes(snapshot, options),
    await changes(snapshot, options),
    await files(snapshot, options),
    await proofs(snapshot, options),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function header(snapshot: ShownSnapshot, options: TableOptions): Promise<string> {
  const { plan, parent } = snapshot;
  const deleted = snapshot.nodes.reduce((sum, { deletedFilesBytes }) => sum + deletedFilesBytes, 0);
  const ofDeleted = deleted === 0 ? '' : `, and of that ${bytes(deleted)} of files that are deleted and still open`;
  const memory = snapshot.memory ? `, of which ${bytes(snapshot.memory.bytes)} memory${ofDeleted}` : '';
  return facts(snapshot.name, options, [
    ['mode', `${snapshot.mode}${snapshot.reason === '' ? '' : `: ${snapshot.reason}`}`],
    ['note', snapshot.note],
    [
      'taken',
      `${snapshot.createdAt} (${ago(snapshot.createdAt)}) of ${snapshot.sandbox}, which was paused for ${duration(snapshot.frozenMs)}`,
    ],
    ['owner', snapshot.owner],
    ['from', isOwn(snapshot) ? '' : fromWhere({ ...snapshot, golden: snapshot.golden !== '' })],
    ['parent', parent?.name ?? ''],
    ['template', `${plan.template}, ${plan.topology}`],
    ['components', plan.components.map(({ name, version }) => `${name} ${version}`).join(', ')],
    ['settings', plan.settings.join(' ')],
    ['unique size', `${bytes(snapshot.ownBytes)}${memory}`],
  ]);
}

/** What one needs to be sure of where it is from, and what it is. */
async function proofs(snapshot: ShownSnapshot, options: TableOptions): Promise<string> {
  const { platform, parent, evidence } = snapshot;
  const origin = await facts('ORIGIN', options, [
    ['machine', `${snapshot.host}, kernel ${platform.kernel}, ${platform.architecture}, CRIU ${platform.criu}`],
    ['id', snapshot.id],
    ['parent', parent?.id ?? ''],
    ['evidence', evidence ? `${evidence.redacted} secrets replaced, ${evidence.digest}` : ''],
  ]);
  const images = await table(
    [{ title: 'LAYERS', drop: 2 }, 'IMAGE', { title: 'DIGEST', drop: 1 }],
    snapshot.nodes.map((node) => [String(node.layers), node.image, node.digest]),
    options,
  );
  return `${origin}\n\n${images}`;
}

function facts(
  title: string,
  options: TableOptions,
  all: readonly (readonly [name: string, value: string])[],
): Promise<string> {
  return table(
    [title, { title: '', flexible: 'wrap' }],
    all.filter(([, value]) => value !== ''),
    options,
  );
}

function isOwn({ origin, trusted, golden }: ShownSnapshot): boolean {
  return origin === 'here' && trusted && golden === '';
}

function notReady({ services }: ShownSnapshot, options: TableOptions): string {
  const lines = services
    .filter(({ state }) => state !== 'ready')
    .map(({ node, name, state, detail }) =>
      prose(`  ${node}/${name} ${state}${detail === '' ? '' : `: ${detail}`}`, { indent: 4, ...widthOf(options) }),
    );
  return lines.length === 0 ? '' : ['Not ready at that moment:', ...lines].join('\n');
}

function nodes(snapshot: ShownSnapshot, options: TableOptions): Promise<string> {
  const services = Map.groupBy(snapshot.services, ({ node }) => node);
  return table(
    [
      'NODE',
      { title: 'FILES', align: 'right' },
      { title: 'MEMORY', align: 'right' },
      { title: 'SERVICES', flexible: 'wrap' },
    ],
    snapshot.nodes.map((node) => [
      node.name,
      bytes(node.layerBytes),
      node.memoryBytes === 0 ? '-' : bytes(node.memoryBytes),
      (services.get(node.name) ?? []).map(({ name }) => name).join(' '),
    ]),
    options,
  );
}

async function changes({ changes: all }: ShownSnapshot, options: TableOptions): Promise<string> {
  if (all.length === 0) return '';
  return table(
    ['WHEN', 'WHAT', { title: 'SANDBOX', drop: 2 }, { title: 'BY', drop: 1 }, { title: 'DETAILS', flexible: 'wrap' }],
    all.map(({ at, what, sandbox, by, ...details }) => [at, what, sandbox, by, detailsOf(details)]),
    options,
  );
}

/** A screen holds some files; a pipe, and whatever reads it, all of them. */
const MOST_FILES_ON_A_SCREEN = 30;

async function files({ name, files: all }: ShownSnapshot, options: TableOptions): Promise<string> {
  if (all.length === 0) return '';
  const { width } = widthOf(options);
  if (width !== undefined && all.length > MOST_FILES_ON_A_SCREEN) {
    return `${await kinds(all, options)}\n\nTheir names: bdsandbox snapshots show ${name} | less`;
  }
  return table(
    [{ title: 'SIZE', align: 'right' }, 'FILE OF THE EVIDENCE'],
    all.toSorted((a, b) => a.path.localeCompare(b.path)).map(({ path, size }) => [bytes(size), path]),
    options,
  );
}

/** What kind of evidence it is, of all nodes together. */
function kinds(all: ShownSnapshot['files'], options: TableOptions): Promise<string> {
  const kindOf = (path: string): string => path.split('/').slice(1, -1)[0] ?? '';
  const byKind = Map.groupBy(all, ({ path }) => kindOf(path));
  return table(
    [{ title: 'SIZE', align: 'right' }, { title: 'FILES', align: 'right' }, 'EVIDENCE'],
    [...byKind]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([kind, some]) => [
        bytes(some.reduce((sum, { size }) => sum + size, 0)),
        String(some.length),
        kind === '' ? 'overall' : `NODE/${kind}`,
      ]),
    options,
  );
}

function suggestions({ name, nodes: own, files: all }: ShownSnapshot): string[] {
  // In the order of the nodes; the path without what it ends in, so that it fits a line.
  const inOrder = own.flatMap((node) => all.filter(({ path }) => path.startsWith(`${node.name}/`)));
  const first =
    inOrder.find(({ path }) => path.endsWith('.threads.txt')) ?? inOrder.find(({ path }) => path.includes('/logs/'));
  return [
    `bdsandbox restore ${name}`,
    ...(first ? [`bdsandbox snapshots show ${name} ${first.path.replace(/\.txt$/, '')}`] : []),
    ...(all.length > 0 ? [`bdsandbox collect ${name}`] : []),
  ];
}

function widthOf({ width = stdoutColumns() }: TableOptions): { readonly width: number | undefined } {
  return { width };
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
