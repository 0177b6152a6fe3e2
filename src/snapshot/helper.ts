import type { ContainerSpec, Engine, Labels } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import { LABELS, thisCreator } from '../sandbox/index.js';
import { SNAPSHOT_LABELS } from './labels.js';

/** Longest work of a helping container; after it `prune` takes it for dead, wherever its maker runs. */
const DEADLINE_MS = 60 * 60_000;

/** Labels of what is made on the way to a snapshot, and of images that are none yet. */
export function workLabels(id: string, creator = thisCreator()): Labels {
  return {
    // Images hand their labels down: without this a helper would count as a node of the sandbox.
    [LABELS.attempt]: '',
    [LABELS.creator]: creator,
    [LABELS.deadline]: new Date(Date.now() + DEADLINE_MS).toISOString(),
    [SNAPSHOT_LABELS.id]: id,
    [SNAPSHOT_LABELS.role]: 'work',
    [SNAPSHOT_LABELS.manifest]: '',
  };
}

/** A container of an image that only stands by: its files can be read, and commands run in it when `mounts` are given. */
export async function withHelper<T>(
  engine: Engine,
  spec: {
    readonly name: string;
    readonly image: string;
    readonly labels: Labels;
    readonly mounts?: ContainerSpec['mounts'];
  },
  use: (container: string) => Promise<T>,
): Promise<T> {
  const container = await engine.containers.create({
    name: spec.name,
    image: spec.image,
    hostname: 'helper',
    labels: spec.labels,
    environment: {},
    command: ['sleep', 'infinity'],
    ...(spec.mounts ? { mounts: spec.mounts } : {}),
  });
  try {
    if (spec.mounts) await engine.containers.start(container);
    return await use(container);
  } finally {
    await engine.containers.remove(container);
  }
}

/** Runs a shell script in a helper. @throws FailedError with its last words */
export async function runIn(engine: Engine, container: string, script: string, signal?: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.containers.exec(
    container,
    ['bash', '-euo', 'pipefail', '-c', script],
    signal ? { signal } : {},
  );
  if (exitCode === 0) return stdout;
  throw new FailedError(
    `work on memory images failed: ${stderr.trim().split('\n').at(-1) ?? `it ended with ${exitCode}`}`,
    'see whether the disk is full: docker system df',
  );
}
