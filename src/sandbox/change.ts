import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Engine, FileEntry } from '../engine/index.js';
import { withoutSecrets } from '../secrets/index.js';
import type { SandboxRecord } from './inventory.js';
import { LABELS } from './labels.js';
import type { Sandbox } from './model.js';
import type { FlowContext } from './raise.js';

/**
 * Something done to a sandbox through bdsandbox. Each is a small file in node 1, never written again: so the record needs
 * no process in the node, and travels with its snapshots. Secrets are replaced: nobody reads them from here.
 */
export interface Change {
  /** e.g. "created", "snapshot taken" */
  readonly what: string;
  readonly [detail: string]: unknown;
}

export interface RecordedChange extends Change {
  /** UTC ISO 8601 */
  readonly at: string;
  readonly by: string;
  readonly sandbox: string;
}

const FOLDER = '/etc/bdsandbox';
const CHANGES_FOLDER = `${FOLDER}/changes`;
/** Far beyond any plan: what is larger was made to fill somebody's memory. */
const LARGEST_FILE = 16 << 20;
/** In every node. */
export const PLAN_FILE = `${FOLDER}/plan.json`;

/** @param sandbox it was done to @param at when, if not at its creation */
export function changeFile(
  change: Change,
  sandbox: Pick<Sandbox, 'name' | 'owner' | 'createdAt'>,
  at: string = sandbox.createdAt,
): FileEntry {
  const { what, ...details } = withoutSecrets(change);
  const recorded: RecordedChange = { at, what, by: sandbox.owner, sandbox: sandbox.name, ...details };
  const name = `${at.replaceAll(':', '')}-${what.replaceAll(' ', '-')}.json`;
  return { path: `${CHANGES_FOLDER}/${name}`, content: `${JSON.stringify(recorded)}\n` };
}

/** Adds to the record of a sandbox, whatever state it is in. What was done is done, also where it cannot be told. */
export async function recordChange(
  context: FlowContext,
  { containers, sandbox }: SandboxRecord,
  change: Change,
): Promise<void> {
  const first = containers.find(({ summary }) => summary.labels[LABELS.nodeIndex] === '1');
  if (!first) return;
  const { now = () => new Date() } = context;
  const file = changeFile(change, sandbox, now().toISOString());
  await context.engines
    .on(first.host)
    .containers.writeFiles(first.summary.id, [file])
    .catch((error: Error) => {
      const message = `the record of changes lacks "${change.what}": ${error.message}`;
      context.report({ type: 'notice', level: 'warning', message });
    });
}

/** What node 1 knows of its sandbox. */
export interface NodeRecord {
  /** undefined when it has none. */
  readonly plan: string | undefined;
  /** In the order of time; what is no such record is left out. */
  readonly changes: RecordedChange[];
}

/** Both by one archive, since each costs the engine a process. @param container node 1, in any state */
export async function readRecord(engine: Engine, container: string): Promise<NodeRecord> {
  const { extract } = await import('tar-stream');
  const { text } = await import('node:stream/consumers');
  const changes: RecordedChange[] = [];
  let plan: string | undefined;
  const files = extract();
  // An archive that breaks off ends the loop with its error.
  pipeline(await engine.containers.readArchive(container, FOLDER), files).catch(() => undefined);
  for await (const entry of files) {
    const { name, type, size = 0 } = entry.header;
    const path = `${posix.dirname(FOLDER)}/${name}`;
    const isChange = type === 'file' && posix.dirname(path) === CHANGES_FOLDER;
    // Services may put what they like beside it.
    if (!(isChange || path === PLAN_FILE) || size > LARGEST_FILE) {
      entry.resume();
      continue;
    }
    const content = await text(entry);
    if (isChange) changes.push(...parseChange(content));
    else plan = content;
  }
  return { plan, changes: changes.sort((a, b) => a.at.localeCompare(b.at)) };
}

/** Users may write into their nodes, and one strange file must not make a snapshot's manifest unreadable. */
function parseChange(content: string): RecordedChange[] {
  try {
    const change: unknown = JSON.parse(content);
    // Whoever wrote it: an older version told everything.
    return isRecorded(change) ? [withoutSecrets(change)] : [];
  } catch {
    return [];
  }
}

function isRecorded(change: unknown): change is RecordedChange {
  return ['at', 'what', 'by', 'sandbox'].every((field) => typeof Object(change)[field] === 'string');
}
