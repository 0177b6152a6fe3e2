import type { Readable } from 'node:stream';
import type { ContainerSpec, Engine, Labels } from '../engine/index.js';
import { ConflictError, DiskFullError, FailedError } from '../errors/index.js';
import { IMAGE_LABELS } from '../images/index.js';
import { OWN_PROGRAMS } from '../node/index.js';
import { LABELS, type NodeRights, thisCreator } from '../sandbox/index.js';
import { SNAPSHOT_LABELS } from './labels.js';

/** Longest work of a helping container; after it `prune` takes it for dead, wherever its maker runs. */
const DEADLINE_MS = 60 * 60_000;

/** Labels of what is made on the way to a snapshot, and of images that are none yet. */
export function workLabels(id: string, creator = thisCreator()): Labels {
  return {
    // Images hand their labels down: a helper must count neither as a node of the sandbox nor as having its memory.
    [LABELS.attempt]: '',
    [LABELS.memory]: '',
    [LABELS.creator]: creator,
    [LABELS.deadline]: new Date(Date.now() + DEADLINE_MS).toISOString(),
    [SNAPSHOT_LABELS.id]: id,
    [SNAPSHOT_LABELS.role]: 'work',
    [SNAPSHOT_LABELS.manifest]: '',
  };
}

/**
 * A cluster image: one that was built here, or came from the registry that `create` gets its images from. What works on
 * volumes is a container of such an image where there is one, so that no snapshot's own programs do.
 */
export async function ownImage(engine: Engine): Promise<string | undefined> {
  const images = await engine.images.list({ [IMAGE_LABELS.kind]: 'cluster' });
  return images.find(({ references }) => references.length > 0)?.id;
}

/** A container of an image that only stands by: its files can be read, and commands run in it when `mounts` are given. */
export async function withHelper<T>(
  engine: Engine,
  spec: {
    readonly name: string;
    readonly image: string;
    readonly labels: Labels;
    readonly mounts?: ContainerSpec['mounts'];
    readonly rights?: NodeRights;
  },
  use: (container: string) => Promise<T>,
): Promise<T> {
  const { mounts, rights, ...rest } = spec;
  const container = await engine.containers
    .create({
      ...rest,
      hostname: 'helper',
      // Its image may hold what a service wrote.
      environment: OWN_PROGRAMS,
      command: ['sleep', 'infinity'],
      ...(mounts ? { mounts } : {}),
      ...rights,
    })
    .catch(async (error: unknown) => {
      // It may be there, with only the answer lost.
      if (!(error instanceof ConflictError)) await engine.containers.remove(spec.name).catch(() => undefined);
      throw error;
    });
  try {
    if (mounts) await engine.containers.start(container);
    return await use(container);
  } finally {
    // A second try is cheap; what it cannot remove either, `prune` can.
    await engine.containers.remove(container).catch(() => engine.containers.remove(container));
  }
}

/** Runs a shell script in a helper. @throws FailedError with its last words, DiskFullError */
export async function runIn(
  engine: Engine,
  container: string,
  script: string,
  signal?: AbortSignal,
  stdin?: Readable,
): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.containers.exec(
    container,
    ['bash', '-euo', 'pipefail', '-c', script],
    { ...(signal && { signal }), ...(stdin && { stdin }) },
  );
  if (exitCode === 0) return stdout;
  const hint = 'see whether the disk is full: docker system df';
  if (/no space left/i.test(stderr)) throw new DiskFullError("the engine's disk is full", hint);
  throw new FailedError(
    `work on memory images failed: ${stderr.trim().split('\n').at(-1) || `it ended with ${exitCode}`}`,
    hint,
  );
}
