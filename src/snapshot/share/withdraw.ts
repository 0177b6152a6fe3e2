import { asSandboxError, NotFoundError, NotOwnerError, PartlyDoneError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import { type DiscardRequest, mayDiscard } from '../discard.js';
import { indexReference, memoryReference } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { readIndex } from './arrive.js';
import { pullRemote, remoteName } from './remote.js';

/** A snapshot as the registry has it, under the name that it has there. */
export interface RemoteSnapshot {
  readonly name: string;
  readonly manifest: Manifest;
}

/**
 * Snapshots in the registry; nothing is touched.
 * @throws NotFoundError for a name that is not there, NotOwnerError for somebody else's, RegistryError, ...
 */
export async function selectRemote(
  context: FlowContext,
  registry: string,
  request: DiscardRequest,
): Promise<RemoteSnapshot[]> {
  const found: RemoteSnapshot[] = [];
  for (const name of new Set(request.names)) {
    checkSandboxName(name);
    const manifest = await lookAt(context, registry, name);
    if (!mayDiscard(request, manifest.owner)) {
      throw new NotOwnerError(
        `snapshot ${name} in ${registry} belongs to ${manifest.owner}, not to ${request.user}`,
        `if they agree: bdsandbox snapshots rm ${name} --remote --force --owner ${manifest.owner}`,
      );
    }
    found.push({ name, manifest });
  }
  return found;
}

/**
 * Its index first: nobody sees a snapshot of which a part is gone. Copies that people pulled stay.
 * @throws PartlyDoneError naming what is left
 */
export async function withdrawSnapshots(
  { engines, report, signal }: FlowContext,
  registry: string,
  snapshots: readonly RemoteSnapshot[],
): Promise<string[]> {
  const { images } = engines.on(engines.home);
  const options = signal ? { signal } : {};
  const steps = snapshots.map(({ name }) => ({ id: name, title: `Remove ${name}` }));
  const flow = new Flow(`Remove from ${registry}`, steps, report);
  for (const { name, manifest } of snapshots) {
    await flow.step(name, async () => {
      const index = remoteName(registry, indexReference(name));
      const others = await images.withdraw(index, options);
      // The same snapshot under another name needs its nodes.
      if (others.length > 0) return;
      const parts = manifest.nodes.flatMap((node) => [
        ...(manifest.memory ? [memoryReference(manifest.id, node.name)] : []),
        node.image,
      ]);
      for (const part of parts) {
        await images.withdraw(remoteName(registry, part), options).catch((cause: unknown) => {
          throw new PartlyDoneError(
            `snapshot ${name} is removed from ${registry}, but not all images of it: ${asSandboxError(cause).message}`,
            `push it again where it still is, then: bdsandbox snapshots rm ${name} --remote`,
            { cause, details: parts.slice(parts.indexOf(part)).map((each) => `left: ${remoteName(registry, each)}`) },
          );
        });
      }
    });
  }
  return snapshots.map(({ name }) => name);
}

async function lookAt({ engines, signal }: FlowContext, registry: string, name: string): Promise<Manifest> {
  const engine = engines.on(engines.home);
  const remote = remoteName(registry, indexReference(name));
  try {
    await pullRemote({ engine, signal }, remote);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError(`${registry} has no snapshot ${name}`, 'another registry: BDSANDBOX_REGISTRY=HOST:PORT', {
      cause: error,
    });
  }
  try {
    return await readIndex({ engine }, remote, `snapshot ${name} in ${registry}`);
  } finally {
    await engine.images.remove(remote);
  }
}
