import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engine, Engines, Labels } from '../engine/index.js';
import { ConflictError, FailedError, InterruptedError, SandboxError } from '../errors/index.js';
import { Flow } from '../events/index.js';
import { collectNodeViews, type NodeSource, type WrittenEvidence, writeEvidence } from '../evidence/index.js';
import type { FreezeMode, NodePlatform } from '../node/index.js';
import {
  changeFile,
  checkSandboxName,
  type FlowContext,
  forAll,
  LABELS,
  MEMORY_FOLDER,
  type RecordedChange,
  readChanges,
  type SandboxRecord,
  thisCreator,
} from '../sandbox/index.js';
import { aboutOf, eventsOf, filesOfImage } from './evidence.js';
import { flatten } from './flatten.js';
import { workLabels } from './helper.js';
import { type Held, type HeldNode, Hold, mustBeAble, nodesOf, whyNotLive } from './hold.js';
import { lookForSnapshot } from './inventory.js';
import { EVIDENCE_FILE, indexReference, nodeReference, PARENT_ID, SNAPSHOT_LABELS } from './labels.js';
import { type Manifest, parsePlan } from './manifest.js';
import { removeImages, removeWork } from './remove.js';

export interface SnapshotRequest {
  readonly name: string;
  readonly mode: 'auto' | FreezeMode;
  readonly note: string;
  /** Replace secrets in the evidence; the images keep them. */
  readonly redact: boolean;
}

export interface TakenSnapshot extends Manifest {
  /** Milliseconds of each phase, in all, and how long the sandbox stood. */
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * All nodes of a sandbox at one moment. When anything fails, and on Ctrl-C, every node goes on as if nothing had been,
 * and nothing half-made stays.
 * @throws ConflictError when the name is taken or a node does not run, FailedError, DiskFullError, InterruptedError
 */
export async function takeSnapshot(
  context: FlowContext,
  record: SandboxRecord,
  request: SnapshotRequest,
): Promise<TakenSnapshot> {
  checkSandboxName(request.name);
  mustRun(record);
  return new Taking(context, record, request).run();
}

function mustRun({ sandbox, containers }: SandboxRecord): void {
  if (sandbox.state === 'creating' || sandbox.state === 'error') {
    throw new ConflictError(`${sandbox.name} is not finished yet`, `see bdsandbox status ${sandbox.name}`);
  }
  const idle = sandbox.nodes.find((_, index) => containers[index]?.summary.state !== 'running');
  if (!idle && Number(containers[0]?.summary.labels[LABELS.nodeCount]) === containers.length) return;
  throw new ConflictError(
    idle ? `node ${idle.name} of ${sandbox.name} is ${idle.state}` : `a node of ${sandbox.name} is gone`,
    `a snapshot takes all nodes at once; for what is there: bdsandbox collect ${sandbox.name}`,
  );
}

/** One run. Everything it makes carries its UUID. */
class Taking {
  readonly #id = randomUUID();
  readonly #creator: string;
  readonly #engines: Engines;
  readonly #home: Engine;
  readonly #nodes: readonly HeldNode[];
  readonly #volume: string;

  constructor(
    private readonly context: FlowContext,
    private readonly record: SandboxRecord,
    private readonly request: SnapshotRequest,
  ) {
    this.#creator = context.creator ?? thisCreator();
    this.#engines = context.engines;
    this.#home = context.engines.on(context.engines.home);
    this.#nodes = nodesOf(record);
    this.#volume = `bds.${record.sandbox.name}.${record.attempt.slice(0, 8)}`;
  }

  async run(): Promise<TakenSnapshot> {
    const { signal, report } = this.context;
    const { name } = this.request;
    const flow = new Flow(
      `Snapshot ${name} of ${this.record.sandbox.name}`,
      [
        { id: 'look', title: 'Evidence before' },
        { id: 'freeze', title: 'Freeze' },
        { id: 'keep', title: 'Evidence and manifest' },
      ],
      report,
    );
    let hold: Hold | undefined;
    try {
      const claim = await this.#claim();
      const look = await flow.step('look', async () => {
        // Side by side: neither disturbs the other, and every moment counts against the tester.
        const [views, opened] = await Promise.allSettled([this.#views(), this.#openHold()]);
        if (opened.status === 'fulfilled') hold = opened.value.hold;
        if (views.status === 'rejected') throw views.reason;
        if (opened.status === 'rejected') throw opened.reason;
        return { ...opened.value, views: views.value };
      });
      const held = await flow.step('freeze', async (step) => {
        const taken = await look.hold.take(step.progress, (node) => this.#commit(node, look.mode));
        await look.hold.end();
        step.result(`stood for ${(taken.frozenMs / 1000).toFixed(2)} s`);
        return taken;
      });
      signal?.throwIfAborted();
      const manifest = await flow.step('keep', () => this.#keep(claim, look, held));
      await removeWork(this.#engines, this.#id);
      await this.#recordInSandbox(manifest);
      return { ...manifest, timings: { ...flow.timings(), frozenMs: held.frozenMs } };
    } catch (error) {
      await hold?.end();
      await removeWork(this.#engines, this.#id);
      await removeImages(this.#engines, this.#id);
      await this.#forgetMemory();
      if (signal?.aborted) {
        throw new InterruptedError(
          `snapshot ${name} was interrupted; ${this.record.sandbox.name} goes on, nothing of the snapshot is left`,
          'take it again when you like',
        );
      }
      throw error;
    }
  }

  /** The engine lets a container name exist once, and so decides who takes a snapshot of this name. */
  async #claim(): Promise<string> {
    const { name } = this.request;
    const [first] = this.record.containers;
    const claim = await this.#home.containers
      .create({
        name: `bds-snapshot.${name}`,
        image: first?.summary.image ?? '',
        hostname: 'snapshot',
        labels: workLabels(this.#id, this.#creator),
        environment: {},
      })
      .catch((error: unknown) => {
        if (!(error instanceof ConflictError)) throw error;
        throw new ConflictError(
          `a snapshot ${name} is being taken right now`,
          'choose another name; if that run was killed: bdsandbox prune',
        );
      });
    if (await lookForSnapshot(this.#home, name)) {
      throw new ConflictError(
        `there is a snapshot ${name} already`,
        `choose another name, or remove it: bdsandbox snapshots rm ${name}`,
      );
    }
    return claim;
  }

  async #views(): Promise<Pick<NodeSource, 'node' | 'views' | 'problems'>[]> {
    return forAll(this.#nodes, async ({ name, host, container }) => ({
      node: name,
      ...(await collectNodeViews(this.#engines.on(host), container, this.context.signal)),
    }));
  }

  async #openHold(): Promise<{ hold: Hold; mode: FreezeMode; reason: string; platforms: NodePlatform[] }> {
    const { mode } = this.request;
    const open = async (as: FreezeMode): Promise<{ hold: Hold; platforms: NodePlatform[] }> => {
      const hold = new Hold(this.#engines, this.#nodes, as, this.#id, this.context.signal);
      try {
        return { hold, platforms: await hold.platforms() };
      } catch (error) {
        await hold.end();
        throw error;
      }
    };
    if (mode === 'cold') return { ...(await open('cold')), mode, reason: '' };
    const live = await open('live');
    const reason = whyNotLive(live.platforms);
    if (reason === undefined) return { ...live, mode: 'live', reason: '' };
    await live.hold.end();
    if (mode === 'live') mustBeAble(live.platforms);
    const message = `taking it cold, without memory: ${reason}`;
    this.context.report({ type: 'notice', level: 'warning', message });
    return { ...(await open('cold')), mode: 'cold', reason };
  }

  async #commit(node: HeldNode, mode: FreezeMode): Promise<void> {
    await this.#engines.on(node.host).containers.commit(node.container, {
      reference: nodeReference(this.#id, node.name),
      labels: { ...this.#imageLabels(mode), [SNAPSHOT_LABELS.role]: 'node' },
      pause: false,
    });
  }

  /** Until the index is there these are those of work under way, which `prune` may take when its maker is dead. */
  #imageLabels(mode: FreezeMode): Labels {
    return {
      ...workLabels(this.#id, this.#creator),
      [LABELS.memory]: mode === 'live' ? this.#volume : '',
      [SNAPSHOT_LABELS.name]: this.request.name,
      'bdsandbox.image': 'snapshot',
    };
  }

  async #keep(
    claim: string,
    look: {
      readonly mode: FreezeMode;
      readonly reason: string;
      readonly platforms: readonly NodePlatform[];
      readonly views: readonly Pick<NodeSource, 'node' | 'views' | 'problems'>[];
    },
    held: Held,
  ): Promise<Manifest> {
    const images = await forAll(this.#nodes, (node) => this.#describeImage(node, held));
    const [first] = this.#nodes;
    const firstHelper = await this.#helperOf(first);
    const engine = this.#engines.on(first?.host ?? this.#engines.home);
    const [changes, plan] = await Promise.all([
      readChanges(engine, firstHelper).catch((): RecordedChange[] => []),
      this.#plan(engine, firstHelper),
    ]);
    const draft = this.#manifest(look, held, { images, changes, plan });
    const evidence = await this.#evidence(claim, draft, look.views);
    const manifest: Manifest = { ...draft, evidence };
    this.context.signal?.throwIfAborted();
    await this.#home.containers.commit(claim, {
      reference: indexReference(this.request.name),
      labels: {
        ...this.#imageLabels(look.mode),
        [SNAPSHOT_LABELS.role]: 'index',
        [SNAPSHOT_LABELS.manifest]: JSON.stringify(manifest),
      },
      pause: false,
    });
    return manifest;
  }

  readonly #helpers = new Map<string, Promise<string>>();

  /** A container of a node's image, never started: the files of the moment are read from it. */
  #helperOf(node: HeldNode | undefined): Promise<string> {
    if (!node) throw new FailedError('a sandbox without nodes', 'run bdsandbox status');
    const known = this.#helpers.get(node.name);
    if (known !== undefined) return known;
    const helper = this.#engines.on(node.host).containers.create({
      name: `bds-snapshot.${this.#id.slice(0, 12)}.${node.name}`,
      image: nodeReference(this.#id, node.name),
      hostname: 'helper',
      labels: workLabels(this.#id, this.#creator),
      environment: {},
    });
    this.#helpers.set(node.name, helper);
    return helper;
  }

  async #plan(engine: Engine, container: string): Promise<Manifest['plan']> {
    const text = await engine.containers.readFile(container, '/etc/bdsandbox/plan.json');
    if (!text) throw new FailedError('node 1 has no plan', 'it was made by an older bdsandbox: create it again');
    return parsePlan(text.toString());
  }

  async #describeImage(node: HeldNode, held: Held): Promise<Manifest['nodes'][number]> {
    const engine = this.#engines.on(node.host);
    const { images, containers } = engine;
    const reference = nodeReference(this.#id, node.name);
    await flatten(engine, reference, { labels: workLabels(this.#id, this.#creator), signal: this.context.signal });
    const [image, { image: madeFrom }] = await Promise.all([
      images.inspect(reference),
      containers.inspect(node.container),
    ]);
    if (!image) throw new FailedError(`the image of ${node.name} is gone`, 'take the snapshot again');
    const base = await images.inspect(madeFrom);
    return {
      name: node.name,
      image: reference,
      digest: image.id,
      layers: image.layers.length,
      layerBytes: Math.max(0, image.sizeBytes - (base?.sizeBytes ?? 0)),
      memoryBytes: held.memoryBytes.get(node.name) ?? 0,
    };
  }

  #manifest(
    look: { readonly mode: FreezeMode; readonly reason: string; readonly platforms: readonly NodePlatform[] },
    held: Held,
    parts: {
      readonly images: Manifest['nodes'];
      readonly changes: readonly RecordedChange[];
      readonly plan: Manifest['plan'];
    },
  ): Manifest {
    const { sandbox, containers } = this.record;
    const parentId = containers[0]?.summary.labels[PARENT_ID] ?? '';
    const [platform] = look.platforms;
    const memoryBytes = parts.images.reduce((sum, image) => sum + image.memoryBytes, 0);
    return {
      schemaVersion: 1,
      id: this.#id,
      name: this.request.name,
      note: this.request.note,
      mode: look.mode,
      reason: look.reason,
      sandbox: sandbox.name,
      owner: sandbox.owner,
      host: sandbox.host,
      createdAt: held.moment.toISOString(),
      frozenMs: held.frozenMs,
      parent: parentId === '' ? null : { id: parentId, name: sandbox.parentSnapshot ?? '' },
      plan: parts.plan,
      platform: {
        kernel: platform?.kernel ?? '',
        architecture: platform?.architecture ?? '',
        cpuFlags: platform?.cpuFlags ?? [],
        criu: platform?.criu ?? '',
      },
      nodes: parts.images,
      memory: look.mode === 'live' ? { volume: this.#volume, bytes: memoryBytes } : null,
      evidence: null,
      changes: [...parts.changes],
    };
  }

  /** A scene of a bug is worth keeping without evidence, so nothing here makes the snapshot fail. */
  async #evidence(
    claim: string,
    draft: Manifest,
    views: readonly Pick<NodeSource, 'node' | 'views' | 'problems'>[],
  ): Promise<WrittenEvidence | null> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-evidence-'));
    try {
      const nodes = await forAll(this.#nodes, async (node) => ({
        ...views.find((each) => each.node === node.name),
        node: node.name,
        views: views.find((each) => each.node === node.name)?.views,
        files: await filesOfImage(this.#engines.on(node.host), await this.#helperOf(node), draft.plan),
      }));
      const file = path.join(folder, 'evidence.tar.zst');
      const { signal } = this.context;
      const written = await writeEvidence(
        file,
        { about: aboutOf(draft), events: await this.#events(draft.changes), nodes },
        { redact: this.request.redact, ...(signal ? { signal } : {}) },
      );
      await this.#home.containers.writeFiles(claim, [{ path: EVIDENCE_FILE, content: await readFile(file) }]);
      return written;
    } catch (error) {
      this.context.signal?.throwIfAborted();
      const reason = error instanceof SandboxError ? error.message : String(error);
      this.context.report({ type: 'notice', level: 'warning', message: `the snapshot has no evidence: ${reason}` });
      return null;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #events(changes: readonly RecordedChange[]): Promise<object[]> {
    const nodes = await forAll(this.#nodes, async (node) => ({
      name: node.name,
      engine: this.#engines.on(node.host),
      container: await this.#helperOf(node),
    }));
    return eventsOf(nodes, changes);
  }

  /** What nodes that went on already keep; the others have removed theirs. It goes with the sandbox at the latest. */
  async #forgetMemory(): Promise<void> {
    const [first] = this.#nodes;
    if (!first) return;
    const command = ['rm', '-rf', `${MEMORY_FOLDER}/${this.#id}`];
    await this.#engines
      .on(first.host)
      .containers.exec(first.container, command)
      .catch(() => undefined);
  }

  /** The snapshot is complete whether or not the sandbox can be told. */
  async #recordInSandbox(manifest: Manifest): Promise<void> {
    const [first] = this.record.containers;
    if (!first) return;
    const change = { what: 'snapshot taken', snapshot: manifest.name, id: manifest.id, mode: manifest.mode };
    await this.#engines
      .on(first.host)
      .containers.writeFiles(first.summary.id, [changeFile(change, first.summary.labels, manifest.createdAt)])
      .catch(() => undefined);
  }
}
