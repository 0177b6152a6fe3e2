import type { Engines } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import { type Dumped, Freeze, type FreezeMode, type KeptScene, type NodePlatform } from '../node/index.js';
import { LABELS, type SandboxRecord } from '../sandbox/index.js';
import { allOrStop } from './together.js';

/** One node of the sandbox that is taken. */
export interface HeldNode {
  readonly name: string;
  readonly host: string;
  readonly container: string;
  /** What its container was made from. */
  readonly image: string;
}

export interface Held {
  /** UTC, when the last node stood. */
  readonly moment: Date;
  /** From the first fence to the end of the last. */
  readonly frozenMs: number;
  /** What of each node's memory was kept; nothing when cold. */
  readonly dumped: ReadonlyMap<string, Dumped>;
  /** What each node kept for the evidence; to be read before the hold is ended. */
  readonly scenes: ReadonlyMap<string, KeptScene>;
}

export interface HoldRequest {
  readonly engines: Engines;
  readonly nodes: readonly HeldNode[];
  /** Of the snapshot. */
  readonly id: string;
  /** Nodes without the rights that CRIU needs. */
  readonly confined?: boolean;
  /** Whether the nodes keep their scene. */
  readonly withEvidence: boolean;
  readonly signal?: AbortSignal | undefined;
}

export function nodesOf(record: SandboxRecord): HeldNode[] {
  return record.containers.map(({ host, summary }) => ({
    host,
    container: summary.id,
    name: summary.labels[LABELS.node] ?? summary.name,
    image: summary.image,
  }));
}

/** The nodes of a sandbox, ready to stand still together. Whatever ends before `take` has ended sets all of them free. */
export class Hold {
  readonly #freezes: readonly { readonly node: HeldNode; readonly freeze: Freeze }[];
  readonly #mode: FreezeMode;
  readonly #signal: AbortSignal | undefined;
  readonly #giveUp = (): void => void this.end();
  /** What came first in time; what others say after it is nothing but its consequence. */
  #failure: { readonly error: unknown } | undefined;

  /** @throws the signal's reason */
  constructor({ engines, nodes, id, withEvidence, signal }: HoldRequest, mode: FreezeMode) {
    signal?.throwIfAborted();
    const how = { mode, id, withEvidence };
    this.#freezes = nodes.map((node) => ({
      node,
      freeze: new Freeze(engines.on(node.host), node.container, node.name, how),
    }));
    this.#mode = mode;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** What each node's machine can do. */
  async platforms(): Promise<NodePlatform[]> {
    return allOrStop(
      this.#freezes.map(({ freeze }) => freeze.platform()),
      this.#giveUp,
    );
  }

  /** When all have said what only a running node can say. */
  async ready(): Promise<void> {
    await allOrStop(
      this.#freezes.map(({ freeze }) => freeze.ready()),
      this.#giveUp,
    );
  }

  /**
   * Fences all, dumps all, calls `commit` for each as soon as it stands, and lets all go.
   * @throws what the first failure was; every node goes on as if nothing had been, from that moment
   */
  async take(onPhase: (phase: string) => void, commit: (node: HeldNode) => Promise<void>): Promise<Held> {
    const startedAt = performance.now();
    await this.#all('fencing', onPhase, ({ freeze }) => freeze.fence());
    const dumped = new Map<string, Dumped>();
    let moment = new Date();
    await this.#all('dumping memory', onPhase, async ({ node, freeze }) => {
      await freeze.stand();
      moment = new Date();
      this.#signal?.throwIfAborted();
      // Its files stand as well, while its memory is written.
      const running = [this.#noticed(freeze.dumped()), this.#noticed(commit(node))] as const;
      const [told] = await allOrStop(running, this.#giveUp);
      if (this.#mode === 'live') dumped.set(node.name, told);
    });
    const scenes = new Map<string, KeptScene>();
    await this.#all('letting go', onPhase, async ({ node, freeze }) => {
      scenes.set(node.name, await freeze.go());
    });
    return { moment, frozenMs: Math.round(performance.now() - startedAt), dumped, scenes };
  }

  async #all(
    phase: string,
    onPhase: (phase: string) => void,
    run: (held: { readonly node: HeldNode; readonly freeze: Freeze }) => Promise<void>,
  ): Promise<void> {
    this.#signal?.throwIfAborted();
    onPhase(phase);
    try {
      await allOrStop(this.#freezes.map(run), this.#giveUp);
    } catch (error) {
      throw this.#failure ? this.#failure.error : error;
    }
  }

  async #noticed<T>(running: Promise<T>): Promise<T> {
    try {
      return await running;
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  /** Idempotent. Resolves when every node is free. */
  async end(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#giveUp);
    await Promise.all(this.#freezes.map(({ freeze }) => freeze.end()));
  }
}

export interface OpenHold {
  readonly hold: Hold;
  readonly mode: FreezeMode;
  /** Why not live; empty for live, and where cold was asked for. */
  readonly reason: string;
  readonly platforms: readonly NodePlatform[];
}

const CONFINED = 'its nodes are confined, since they come from a snapshot that nobody said to trust';

/** Live where all nodes are able to, else cold unless live is asked for. @throws FailedError */
export async function openHold(request: HoldRequest, wanted: 'auto' | FreezeMode, report: Report): Promise<OpenHold> {
  if (wanted === 'cold') return { ...(await open(request, 'cold')), reason: '' };
  const live = request.confined ? undefined : await open(request, 'live');
  const unable = live?.platforms.find(({ able }) => !able);
  if (live && !unable) return { ...live, reason: '' };
  await live?.hold.end();
  const reason = unable?.reason ?? CONFINED;
  if (wanted === 'live') {
    throw new FailedError(
      `no live snapshot here: ${reason}`,
      'take it without memory: --mode cold; see bdsandbox doctor',
    );
  }
  report({ type: 'notice', level: 'warning', message: `taking it cold, without memory: ${reason}` });
  return { ...(await open(request, 'cold')), reason };
}

async function open(request: HoldRequest, mode: FreezeMode): Promise<Omit<OpenHold, 'reason'>> {
  const hold = new Hold(request, mode);
  try {
    const platforms = await hold.platforms();
    if (mode === 'cold' || platforms.every(({ able }) => able)) await hold.ready();
    return { hold, mode, platforms };
  } catch (error) {
    await hold.end();
    request.signal?.throwIfAborted();
    throw error;
  }
}
