import type { Engine, Labels } from '../engine/index.js';
import { ConflictError } from '../errors/index.js';
import { lookForSnapshot } from './inventory.js';

/**
 * The engine lets a container name exist once, and so decides who takes a snapshot of this name. The container is never
 * started.
 * @throws ConflictError when there is such a snapshot, or one is being taken
 */
export async function claimName(
  engine: Engine,
  claim: { readonly name: string; readonly image: string; readonly labels: Labels },
): Promise<string> {
  const { name, image, labels } = claim;
  const container = await engine.containers
    .create({ name: `bds-snapshot.${name}`, image, hostname: 'snapshot', labels, environment: {} })
    .catch((error: unknown) => {
      if (!(error instanceof ConflictError)) throw error;
      throw new ConflictError(
        `a snapshot ${name} is being taken right now`,
        'choose another name; if that run was killed: bdsandbox prune',
      );
    });
  if (await lookForSnapshot(engine, name)) {
    throw new ConflictError(
      `there is a snapshot ${name} already`,
      `choose another name, or remove it: bdsandbox snapshots rm ${name}`,
    );
  }
  return container;
}
