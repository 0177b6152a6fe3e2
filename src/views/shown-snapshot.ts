import type { ShownSnapshot } from '../snapshot/index.js';
import { ago, bytes, duration, stdoutColumns, type TableOptions, table } from '../ui/index.js';
import { detailsOf } from './events.js';

/** Everything that is known of a snapshot without restoring it. */
export async function shownSnapshot(snapshot: ShownSnapshot, options: TableOptions = {}): Promise<string> {
  const sections = [
    await header(snapshot, options),
    await images(snapshot, options),
    await services(snapshot, options),
    await changes(snapshot, options),
    await files(snapshot, options),
    snapshot.problems.length === 0 ? '' : ['What is missing:', ...indented(snapshot.problems)].join('\n'),
    ['Try next:', ...indented(suggestions(snapshot))].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

async function header(snapshot: ShownSnapshot, options: TableOptions): Promise<string> {
  const { plan, platform, parent, evidence } = snapshot;
  const memory = snapshot.memory ? `, of which ${bytes(snapshot.memory.bytes)} memory` : '';
  const facts: (readonly [string, string])[] = [
    ['mode', `${snapshot.mode}${snapshot.reason === '' ? '' : `: ${snapshot.reason}`}`],
    ['note', snapshot.note],
    [
      'taken',
      `${snapshot.createdAt} (${ago(snapshot.createdAt)}) of ${snapshot.sandbox}, which stood for ${duration(snapshot.frozenMs)}`,
    ],
    ['owner', snapshot.owner],
    ['parent', parent ? `${parent.name} (${parent.id})` : ''],
    ['template', `${plan.template}, ${plan.topology}`],
    ['components', plan.components.map(({ name, version }) => `${name} ${version}`).join(', ')],
    ['settings', plan.settings.join(' ')],
    ['machine', `${snapshot.host}, kernel ${platform.kernel}, ${platform.architecture}`],
    ['criu', platform.criu],
    ['size', `${bytes(snapshot.ownBytes)} of its own${memory}`],
    [
      'evidence',
      evidence
        ? `${bytes(evidence.bytes)}, ${evidence.files} files, ${evidence.redacted} secrets replaced, ${evidence.digest}`
        : '',
    ],
    ['id', snapshot.id],
  ];
  // The name stands above as the table's first title.
  return table(
    [snapshot.name, { title: '', flexible: 'wrap' }],
    facts.filter(([, value]) => value !== '').map(([name, value]) => [name, value]),
    options,
  );
}

function images({ nodes }: ShownSnapshot, options: TableOptions): Promise<string> {
  return table(
    [
      'NODE',
      { title: 'FILES', align: 'right' },
      { title: 'MEMORY', align: 'right' },
      { title: 'LAYERS', drop: 2 },
      'IMAGE',
      { title: 'DIGEST', drop: 1 },
    ],
    nodes.map((node) => [
      node.name,
      bytes(node.layerBytes),
      node.memoryBytes === 0 ? '-' : bytes(node.memoryBytes),
      String(node.layers),
      node.image,
      node.digest,
    ]),
    options,
  );
}

async function services({ services: all }: ShownSnapshot, options: TableOptions): Promise<string> {
  if (all.length === 0) return '';
  return table(
    ['NODE', 'SERVICE', 'STATE', { title: 'DETAIL', flexible: 'wrap' }],
    all.map(({ node, name, state, detail }, index) => [all[index - 1]?.node === node ? '' : node, name, state, detail]),
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
  const width = options.width ?? stdoutColumns();
  if (width !== undefined && all.length > MOST_FILES_ON_A_SCREEN) {
    return `${await folders(all, options)}\n\nTheir names: bdsandbox snapshots show ${name} | less`;
  }
  return table(
    [{ title: 'SIZE', align: 'right' }, 'FILE OF THE EVIDENCE'],
    all.toSorted((a, b) => a.path.localeCompare(b.path)).map(({ path, size }) => [bytes(size), path]),
    options,
  );
}

/** By node, and what kind of evidence it is. */
function folders(all: ShownSnapshot['files'], options: TableOptions): Promise<string> {
  const folderOf = (path: string): string => path.split('/').slice(0, -1).slice(0, 2).join('/');
  const byFolder = Map.groupBy(all, ({ path }) => folderOf(path));
  return table(
    [{ title: 'SIZE', align: 'right' }, { title: 'FILES', align: 'right' }, 'FOLDER OF THE EVIDENCE'],
    [...byFolder]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([folder, some]) => [
        bytes(some.reduce((sum, { size }) => sum + size, 0)),
        String(some.length),
        folder || '.',
      ]),
    options,
  );
}

function suggestions({ name, files: all }: ShownSnapshot): string[] {
  const threads = all.find(({ path }) => path.endsWith('.threads.txt')) ?? all.find(({ path }) => /logs\//.test(path));
  return [
    ...(threads ? [`bdsandbox snapshots show ${name} ${threads.path}`] : []),
    ...(all.length > 0 ? [`bdsandbox collect ${name}`] : []),
    `bdsandbox restore ${name}`,
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
