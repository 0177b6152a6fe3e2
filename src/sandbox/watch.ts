import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, Engines } from '../engine/index.js';
import { NotFoundError, SandboxError } from '../errors/index.js';
import { type NodeSight, NodeWatch } from '../node/index.js';
import { findSandboxes, type NodeContainer, type SandboxRecord, unaskedService } from './inventory.js';
import { LABELS } from './labels.js';
import type { SandboxNode, SandboxStatus } from './model.js';
import { forAll } from './settle.js';
import { type SeenNode, statusOf, withComponents } from './status.js';

/** How long a look waits for a node: one that stands, for a snapshot or paused, must not hold up the others. */
const LOOK_MS = 1500;
/** How often the files of a node are counted: the engine goes through all of them. */
const COUNT_MS = 10_000;

export interface WatchedNode extends SandboxNode {
  /** Bytes a second over its network; null when it did not answer. */
  readonly receivedPerSecond: number | null;
  readonly sentPerSecond: number | null;
  /** What it wrote, without its image and its volumes; null before it is known. */
  readonly diskBytes: number | null;
}

export interface Watched extends SandboxStatus {
  readonly at: Date;
  readonly nodes: readonly WatchedNode[];
}

/** Why there is nothing more to see. */
export type WatchEnd = 'destroyed' | 'stopped';

export interface WatchRequest {
  readonly intervalMs: number;
  readonly onSight: (sight: Watched) => Promise<void> | void;
  readonly signal: AbortSignal;
  /** Replaced in tests. */
  readonly lookMs?: number;
}

/**
 * Looks at a sandbox at each interval, by one command in each node and one question to the engine, until it is stopped
 * or destroyed.
 * @throws the signal's reason, NotFoundError when its image is too old for this
 */
export async function watchSandbox(
  engines: Engines,
  { attempt }: SandboxRecord,
  { intervalMs, onSight, signal, lookMs = LOOK_MS }: WatchRequest,
): Promise<WatchEnd> {
  const eyes = new Map<string, NodeEye>();
  const eyeOf = (container: NodeContainer): NodeEye => {
    const { id } = container.summary;
    const eye = eyes.get(id) ?? new NodeEye(engines, container, lookMs);
    eyes.set(id, eye);
    return eye;
  };
  try {
    for (;;) {
      const startedAt = performance.now();
      signal.throwIfAborted();
      const [record] = await findSandboxes(engines, { attempt });
      if (!record) return 'destroyed';
      if (record.sandbox.nodes.every(({ state }) => state === 'stopped' || state === 'dead')) return 'stopped';
      const seen = await forAll(record.containers, (container) => eyeOf(container).look(container));
      signal.throwIfAborted();
      await onSight(toSight(record, seen));
      await sleep(Math.max(0, intervalMs - (performance.now() - startedAt)), undefined, { signal }).catch(() =>
        signal.throwIfAborted(),
      );
    }
  } finally {
    for (const eye of eyes.values()) eye.close();
  }
}

interface Glance extends SeenNode {
  readonly receivedPerSecond?: number | undefined;
  readonly sentPerSecond?: number | undefined;
  readonly diskBytes?: number | undefined;
}

function toSight(record: SandboxRecord, glances: readonly Glance[]): Watched {
  const status = statusOf(record, glances);
  const nodes = status.nodes.map((node, index): WatchedNode => {
    const { usage, diskBytes = null } = glances[index] ?? {};
    const { receivedPerSecond = null, sentPerSecond = null } = usage ?? {};
    return { ...node, receivedPerSecond, sentPerSecond, diskBytes };
  });
  return { ...status, nodes, at: new Date() };
}

/** Follows one container through stops and starts. */
class NodeEye {
  readonly #engine: Engine;
  readonly #container: string;
  readonly #name: string;
  readonly #lookMs: number;
  #watch: NodeWatch | undefined;
  /** The look under way: of a node that stands it may be an old one. */
  #looking: Promise<NodeSight> | undefined;
  #diskBytes: number | undefined;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(engines: Engines, { host, summary }: NodeContainer, lookMs: number) {
    this.#lookMs = lookMs;
    this.#engine = engines.on(host);
    this.#container = summary.id;
    this.#name = summary.labels[LABELS.node] ?? summary.name;
  }

  async look({ summary, services }: NodeContainer): Promise<Glance> {
    const counting = this.#count();
    // The first time there is no older one to show.
    if (this.#diskBytes === undefined) await inTime(counting, this.#lookMs);
    const diskBytes = this.#diskBytes;
    if (summary.state !== 'running') return { diskBytes };
    try {
      this.#watch ??= new NodeWatch(this.#engine, this.#container, this.#name);
      this.#looking ??= this.#watch.look();
      const sight = await inTime(this.#looking, this.#lookMs);
      if (!sight) return { diskBytes, services: services.map((each) => unaskedService(each, 'no answer')) };
      this.#looking = undefined;
      return { diskBytes, services: withComponents(services, sight.services), usage: sight };
    } catch (error) {
      this.close();
      if (!(error instanceof SandboxError)) throw error;
      // Its image is too old, unless the container is what is not there any more.
      if (error instanceof NotFoundError && (await this.#isThere())) throw error;
      // It was stopped, or its agent killed: the next look begins anew.
      return { diskBytes, services: services.map((each) => unaskedService(each, error.message)) };
    }
  }

  close(): void {
    void this.#watch?.end();
    this.#watch = undefined;
    this.#looking = undefined;
  }

  async #isThere(): Promise<boolean> {
    return this.#engine.containers.inspect(this.#container).then(
      () => true,
      () => false,
    );
  }

  async #count(): Promise<void> {
    if (performance.now() < this.#countedAt + COUNT_MS) return;
    this.#countedAt = performance.now();
    try {
      this.#diskBytes = await this.#engine.containers.writtenBytes(this.#container);
    } catch {
      // Being removed, or the engine is busy: the next one tells.
    }
  }
}

/** undefined when it takes too long. */
async function inTime<T>(answer: Promise<T>, ms: number): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([answer, sleep(ms, undefined, { signal: over.signal }).catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
