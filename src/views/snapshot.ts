import type { ListedSnapshot, SnapshotList, TakenSnapshot } from '../snapshot/index.js';
import { ago, bytes, duration, prose, type TableOptions, table } from '../ui/index.js';

export async function snapshotSummary(snapshot: TakenSnapshot): Promise<string> {
  const { ownSizes } = await import('../snapshot/index.js');
  const { name, mode, reason, evidence, timings } = snapshot;
  const { ownBytes } = ownSizes(snapshot);
  return [
    prose(
      `${name} was saved in ${duration(timings['total'] ?? 0)}: ${mode}, ${bytes(ownBytes)}; ${snapshot.sandbox} was paused for ${duration(snapshot.frozenMs)} and goes on.`,
    ),
    ...(reason === '' ? [] : [prose(`Without memory: ${reason}.`)]),
    ...(evidence ? [] : ['Without evidence.']),
    '',
    'Try next:',
    ...(evidence ? [`  bdsandbox snapshots show ${name}`] : []),
    `  bdsandbox restore ${name}`,
    `  bdsandbox snapshots push ${name}`,
  ].join('\n');
}

/** The tree of lineage, and what all of it takes. */
export async function snapshotTable(list: SnapshotList, options: TableOptions = {}): Promise<string> {
  const { snapshots, unreadable } = list;
  const known =
    snapshots.length > 0 ? await treeTable(list, options) : 'No snapshots. Take one: bdsandbox snapshot NAME';
  if (unreadable.length === 0) return known;
  const reasons = unreadable.map(({ reason }) => `  ${reason}`);
  return [
    ...(snapshots.length > 0 ? [known, ''] : []),
    'Not readable here, and not counted:',
    ...reasons,
    '',
    'Update bdsandbox to use them, or remove them: bdsandbox snapshots rm NAME',
  ].join('\n');
}

async function treeTable({ snapshots, sizes }: SnapshotList, options: TableOptions): Promise<string> {
  // Only what shows snapshots pays for loading all that makes them.
  const { treeOf } = await import('../snapshot/index.js');
  const shown = treeOf(snapshots);
  const isMixed = shown.some(({ snapshot }) => fromWhere(snapshot) !== 'here');
  const rows = await table(
    [
      'NAME',
      'MODE',
      { title: 'TEMPLATE', drop: 3 },
      { title: 'NODES', align: 'right', drop: 2 },
      { title: 'SANDBOX', drop: 4 },
      { title: 'OWNER', drop: 1 },
      ...(isMixed ? [{ title: 'FROM', drop: 5 }] : []),
      'CREATED',
      { title: 'UNIQUE SIZE', align: 'right' },
      { title: 'NOTE', flexible: 'cut' },
    ],
    shown.map(({ snapshot, branch, missingParent }) => [
      `${branch}${snapshot.name}${missingParent === undefined ? '' : ` (of ${missingParent})`}`,
      snapshot.mode,
      snapshot.template,
      String(snapshot.nodes.length),
      snapshot.sandbox,
      snapshot.owner,
      ...(isMixed ? [fromWhere(snapshot)] : []),
      ago(snapshot.createdAt),
      bytes(snapshot.ownBytes),
      snapshot.note,
    ]),
    options,
  );
  const { ownBytes, baseBytes, inheritedBytes, totalBytes } = sizes;
  const inherited = inheritedBytes === 0 ? '' : ` + ${bytes(inheritedBytes)} of parents not listed`;
  const total = `${bytes(totalBytes)} in all: ${bytes(ownBytes)} unique${inherited} + ${bytes(baseBytes)} of cluster images below, each counted once.`;
  return `${rows}\n\n${prose(total, options)}`;
}

/** Where it came from, and what to know before it is used. */
export function fromWhere({ origin, trusted, golden }: Pick<ListedSnapshot, 'origin' | 'trusted' | 'golden'>): string {
  return [origin, ...(trusted ? [] : ['untrusted']), ...(golden ? ['golden'] : [])].join(', ');
}

/** Asked before memory goes to others. @param who such as "gets the file" */
export function secretsQuestion(who: string): string {
  return `Everybody who ${who} can read the memory of all processes and the files of the nodes, with the passwords and keys in them: secrets are replaced in the evidence alone, and there those that are known by their name or form.`;
}
