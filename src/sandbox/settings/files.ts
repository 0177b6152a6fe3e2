import type { Engines, FileEntry } from '../../engine/index.js';
import { asSandboxError, ConflictError, FailedError, PartlyDoneError } from '../../errors/index.js';
import type { ChangedSettings } from '../../plan/index.js';
import { hiddenValue } from '../../secrets/index.js';
import { PLAN_FILE } from '../change.js';
import type { NodeContainer, SandboxRecord } from '../inventory.js';
import { plannedCopy } from '../nodes.js';
import { nodeName } from '../planned.js';
import { forAll } from '../settle.js';

/** A value of a config file, from the one to the other; null where it is not set. Secrets are replaced. */
export interface ValueChange {
  /** Name of the config, such as "hdfs-site". */
  readonly file: string;
  readonly path: string;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly nodes: readonly string[];
}

/** What is to be written into one node, and what was there. */
export interface NodeEdit {
  readonly container: NodeContainer;
  readonly before: readonly FileEntry[];
  readonly after: readonly FileEntry[];
  /** Services that read a file of which a value changes on this node. */
  readonly readers: readonly string[];
  readonly values: readonly Omit<ValueChange, 'nodes'>[];
}

/**
 * Reads everything and writes nothing. Each file is changed in both of its copies, the one that services read and the one
 * that says what was planned; where a node lacks one, it stays so.
 * @throws FailedError for a file that nobody can put a value into
 */
export async function editsOf(engines: Engines, record: SandboxRecord, changed: ChangedSettings): Promise<NodeEdit[]> {
  return forAll(record.containers, async (container) => {
    const node = nodeName(container);
    const read = async (path: string): Promise<string | undefined> =>
      (await engines.on(container.host).containers.readFile(container.summary.id, path))?.toString();
    const planFiles = await forAll([PLAN_FILE, plannedCopy(PLAN_FILE)], async (path) => ({
      path,
      before: await read(path),
      after: changed.plan,
    }));
    const files = await forAll(changed.files, async ({ name, path, readers, edit }) => {
      const [actual, planned] = await forAll([path, plannedCopy(path)], read);
      const edited = actual === undefined ? undefined : edit(node, actual);
      if (actual !== undefined && edited === undefined) {
        throw new FailedError(
          `${path} of ${record.sandbox.name}/${node} is not a config file any more`,
          `mend it: bdsandbox shell ${record.sandbox.name}/${node}`,
        );
      }
      const values = (edited?.values ?? []).filter(({ before, after }) => before !== after);
      const texts = [
        { path, before: actual, after: edited?.text },
        { path: plannedCopy(path), before: planned, after: planned && edit(node, planned)?.text },
      ];
      return {
        texts,
        readers: values.length > 0 ? readers : [],
        values: values.map((each) => ({ file: name, path, ...each })),
      };
    });
    const texts = [...files.flatMap((file) => file.texts), ...planFiles].flatMap(({ path, before, after }) =>
      before === undefined || after === undefined || before === after ? [] : [{ path, before, after }],
    );
    return {
      container,
      before: texts.map(({ path, before }) => ({ path, content: before })),
      after: texts.map(({ path, after }) => ({ path, content: after })),
      readers: [...new Set(files.flatMap((file) => file.readers))],
      values: files.flatMap((file) => file.values),
    };
  });
}

/** All of them, or none: what one node refuses is put back on all. @throws PartlyDoneError when that fails too */
export async function writeEdits(engines: Engines, edits: readonly NodeEdit[]): Promise<void> {
  try {
    await forAll(edits, ({ container, after }) =>
      engines.on(container.host).containers.writeFiles(container.summary.id, after),
    );
  } catch (error) {
    await putBack(engines, edits).catch((problem: unknown) => {
      throw new PartlyDoneError(
        `the config files could not be written, nor all put back: ${asSandboxError(problem).message}`,
        'run the same command again',
        { cause: error, details: [asSandboxError(error).message] },
      );
    });
    throw error;
  }
}

export async function putBack(engines: Engines, edits: readonly NodeEdit[]): Promise<void> {
  await forAll(edits, ({ container, before }) =>
    engines.on(container.host).containers.writeFiles(container.summary.id, before),
  );
}

/** The same change on several nodes is one. */
export function changesOf(edits: readonly NodeEdit[]): ValueChange[] {
  const all = edits.flatMap(({ container, values }) => values.map((value) => ({ value, node: nodeName(container) })));
  const same = Map.groupBy(all, ({ value }) => JSON.stringify(value));
  return [...same.values()].flatMap((group) =>
    group[0] ? [{ ...shown(group[0].value), nodes: group.map(({ node }) => node) }] : [],
  );
}

function shown<Value extends Omit<ValueChange, 'nodes'>>(value: Value): Value {
  const { key, before, after } = value;
  return { ...value, before: before && hiddenValue(key, before), after: after && hiddenValue(key, after) };
}

/** @throws ConflictError for a node whose services cannot be restarted */
export function checkNotPaused({ sandbox: { name } }: SandboxRecord, edits: readonly NodeEdit[]): void {
  const paused = edits.find(({ container, readers }) => container.summary.state === 'paused' && readers.length > 0);
  if (!paused) return;
  throw new ConflictError(
    `node ${nodeName(paused.container)} of ${name} is paused`,
    `first: bdsandbox resume ${name}; or only write the files: --no-restart`,
  );
}
