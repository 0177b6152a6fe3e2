import type { Engines } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import { Freeze, type FreezeMode, type NodePlatform } from '../node/index.js';
import { forAll, LABELS, type SandboxRecord } from '../sandbox/index.js';

/** One node of the sandbox that is taken. */
export interface HeldNode {
  readonly name: string;
  readonly host: string;
  readonly container: string;
}

export interface Held {
  /** UTC, when the last node stood. */
  readonly moment: Date;
  /** From the first fence to the end of the last. */
  readonly frozenMs: number;
  /** Bytes of memory image by node. */
  readonly memoryBytes: ReadonlyMap<string, number>;
}

export function nodesOf(record: SandboxRecord): HeldNode[] {
  return record.containers.map(({ host, summary }) => ({
    host,
    container: summary.id,
    name: summary.labels[LABELS.node] ?? summary.name,
  }));
}

/** The nodes of a sandbox, ready to stand still together. Whatever ends before `take` has ended sets all of them free. */
export class Hold {
  readonly #freezes: readonly { readonly node: HeldNode; readonly freeze: Freeze }[];
  readonly #signal: AbortSignal | undefined;
  readonly #giveUp = (): void => void this.end();

  constructor(engines: Engines, nodes: readonly HeldNode[], mode: FreezeMode, id: string, signal?: AbortSignal) {
    this.#freezes = nodes.map((node) => ({
      node,
      freeze: new Freeze(engines.on(node.host), node.container, node.name, mode, id),
    }));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** What each node's machine can do. */
  async platforms(): Promise<NodePlatform[]> {
    return forAll(this.#freezes, ({ freeze }) => freeze.platform());
  }

  /**
   * Fences all, dumps all, calls `commit` for each as soon as it stands, and lets all go.
   * @throws what the first failure was; then every node goes on as if nothing had been
   */
  async take(onPhase: (phase: string) => void, commit: (node: HeldNode) => Promise<void>): Promise<Held> {
    const startedAt = performance.now();
    onPhase('fencing');
    await forAll(this.#freezes, ({ freeze }) => freeze.fence());
    this.#signal?.throwIfAborted();
    onPhase('dumping memory');
    const memoryBytes = new Map<string, number>();
    let moment = new Date();
    await forAll(this.#freezes, async ({ node, freeze }) => {
      memoryBytes.set(node.name, await freeze.dump());
      moment = new Date();
      this.#signal?.throwIfAborted();
      await commit(node);
    });
    this.#signal?.throwIfAborted();
    onPhase('letting go');
    await forAll(this.#freezes, ({ freeze }) => freeze.go());
    return { moment, frozenMs: Math.round(performance.now() - startedAt), memoryBytes };
  }

  /** Idempotent. Resolves when every node is free. */
  async end(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#giveUp);
    await Promise.all(this.#freezes.map(({ freeze }) => freeze.end()));
  }
}

/** @throws FailedError with what to do instead */
export function mustBeAble(platforms: readonly NodePlatform[]): void {
  const reason = whyNotLive(platforms);
  if (reason === undefined) return;
  throw new FailedError(
    `no live snapshot here: ${reason}`,
    'take it without memory: --mode cold; see bdsandbox doctor',
  );
}

export function whyNotLive(platforms: readonly NodePlatform[]): string | undefined {
  return platforms.find(({ able }) => !able)?.reason;
}
