import { ConflictError, FailedError, NotFoundError, SandboxError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import type { Snapshot } from '../inventory.js';
import { indexReference, memoryReference } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { ownSizes } from '../sizes.js';
import { readIndex } from './arrive.js';
import { packIntoImage, removeMemoryImages } from './memory.js';
import { Meter, megabytes } from './meter.js';
import { firstThenTogether, pullRemote, pushRemote, remoteName, together } from './remote.js';
import { inTurn, reasonOf, removeOwnWork, type Work, withClaim, workOf } from './work.js';

export interface PushRequest {
  /** HOST[:PORT] */
  readonly registry: string;
  /** Its name in the registry; that of the snapshot when absent. */
  readonly as?: string | undefined;
  /** Replace another snapshot of that name there, and send again what is there. */
  readonly force: boolean;
  /** Push one that is not trusted: whoever pulls it restores it with a node's rights. */
  readonly trust?: boolean | undefined;
}

export interface PushedSnapshot {
  /** Its name in the registry. */
  readonly snapshot: string;
  readonly id: string;
  readonly registry: string;
  /** It was there, and nothing travelled. */
  readonly already: boolean;
  /** What the snapshot adds to the images that its nodes were made from; memory packed. 0 when it was there. */
  readonly bytes: number;
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * Its index last, so that nobody sees a half pushed one. Only layers travel that the registry does not have.
 * @throws ConflictError when the registry has another of that name, RegistryError, RegistryUnreachableError, ...
 */
export async function pushSnapshot(
  context: FlowContext,
  manifest: Snapshot,
  request: PushRequest,
): Promise<PushedSnapshot> {
  const name = request.as ?? manifest.name;
  checkSandboxName(name);
  mustBeTrusted(manifest, request);
  const { registry } = request;
  const work = workOf(context.engines.on(context.engines.home), manifest.id, context);
  const flow = new Flow(`Push snapshot ${name} to ${registry}`, steps(manifest), context.report);
  warnOfFiles(context, manifest);
  const tidy = (): Promise<void> => inTurn([() => removeOwnWork(work), () => removeMemoryImages(work)]);
  let claimed = false;
  try {
    const there = await flow.step('look', () => lookInRegistry(work, name, request));
    const done = { snapshot: name, id: manifest.id, registry };
    if (there) return { ...done, already: true, bytes: 0, timings: flow.timings() };
    const claim = { names: [`bds-travel.${work.id}`], image: indexReference(manifest.name) };
    const bytes = await withClaim(work, { ...claim, what: `snapshot ${manifest.name}` }, async () => {
      claimed = true;
      // Of a push that was killed.
      await removeMemoryImages(work);
      return new Pushing(work, manifest, registry, flow).run(name);
    });
    await tidy();
    return { ...done, already: false, bytes, timings: flow.timings() };
  } catch (error) {
    if (claimed) await tidy().catch(() => undefined);
    else await removeOwnWork(work).catch(() => undefined);
    throw reasonOf(error, context.signal, `push of ${name}`);
  }
}

/** Nobody at the other end could tell where it came from. @throws FailedError */
function mustBeTrusted({ name, trusted }: Snapshot, { trust }: PushRequest): void {
  if (trusted || trust) return;
  throw new FailedError(
    `${name} came from elsewhere, and nobody said to trust it: whoever pulls it would run it with rights that reach their machine`,
    `if you trust who made it: bdsandbox snapshots push ${name} --trust`,
  );
}

function steps({ memory }: Manifest) {
  return [
    { id: 'look', title: 'Look in the registry' },
    ...(memory ? [{ id: 'pack', title: 'Pack memory' }] : []),
    { id: 'nodes', title: 'Nodes' },
    ...(memory ? [{ id: 'memory', title: 'Memory' }] : []),
    { id: 'index', title: 'Index' },
  ];
}

/** Memory is asked about before; files may hold secrets too. */
export function warnOfFiles({ report }: FlowContext, { mode }: Manifest): void {
  const message =
    'the files of the nodes travel as they are, with whatever secrets are in them; in the evidence those are replaced that are known by their name or form';
  if (mode === 'cold') report({ type: 'notice', level: 'warning', message });
}

/** @returns whether it is there already, whole */
async function lookInRegistry(work: Work, name: string, { registry, force }: PushRequest): Promise<boolean> {
  if (force) return false;
  const remote = remoteName(registry, indexReference(name));
  const where = `snapshot ${name} in ${registry}`;
  try {
    await pullRemote(work, remote);
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    // It is a pull to the engine alone.
    if (error instanceof SandboxError)
      error.message = error.message.replace(`cannot pull ${remote}`, `cannot push ${name}`);
    throw error;
  }
  try {
    const { id, createdAt, sandbox } = await readIndex(work, remote, where);
    if (id === work.id) return true;
    throw new ConflictError(
      `${registry} has another snapshot ${name}, of ${sandbox} at ${createdAt}`,
      'push it under another name: --as NAME; or replace that one: --force',
    );
  } finally {
    await work.engine.images.remove(remote);
  }
}

class Pushing {
  constructor(
    private readonly work: Work,
    private readonly manifest: Manifest,
    private readonly registry: string,
    private readonly flow: Flow,
  ) {}

  async run(name: string): Promise<number> {
    const { nodes, memory, id } = this.manifest;
    const packed = memory ? await this.#pack(memory.volume) : 0;
    // Nodes first: the registry has their layers then, for the other repositories too.
    await this.#send(
      'nodes',
      nodes.map(({ image }) => image),
    );
    if (memory)
      await this.#send(
        'memory',
        nodes.map((node) => memoryReference(id, node.name)),
      );
    const index = indexReference(this.manifest.name);
    await this.flow.step('index', () => pushRemote(this.work, index, remoteName(this.registry, indexReference(name))));
    const { layerBytes, evidenceBytes } = ownSizes(this.manifest);
    return packed + layerBytes + evidenceBytes;
  }

  #pack(volume: string): Promise<number> {
    return this.flow.step('pack', async (step) => {
      let bytes = 0;
      const { nodes, memory } = this.manifest;
      await together(this.work, nodes, async (node, work) => {
        const packed = await packIntoImage(work, this.manifest, volume, node);
        bytes += packed;
        step.progress(`${megabytes(bytes)} so far`);
      });
      step.result(`${megabytes(memory?.bytes ?? 0)} into ${megabytes(bytes)}`);
      return bytes;
    });
  }

  async #send(id: string, references: readonly string[]): Promise<void> {
    await this.flow.step(id, async (step) => {
      const meter = new Meter(step.progress);
      await firstThenTogether(this.work, references, (reference, work) =>
        pushRemote(work, reference, remoteName(this.registry, reference), meter.part(reference)),
      );
    });
  }
}
