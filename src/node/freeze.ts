import type { Engine } from '../engine/index.js';
import { Changes, protocol, type Waiter, type WaitOutcome, waitSeconds } from './agent.js';
import { Conversation } from './conversation.js';
import type { NodePlatform, ServiceStatus } from './protocol.js';

export type FreezeMode = 'live' | 'cold';

const FREEZE = '/usr/lib/bdsandbox/freeze';
const CAN_FREEZE = '/usr/lib/bdsandbox/can-freeze';
const THAW = '/usr/lib/bdsandbox/thaw';
/** The node lets go by itself after 20 s of silence. */
const KEEP_ALIVE_MS = 4_000;

/** What a machine can do, as one of its containers sees it. @throws the signal's reason */
export async function nodePlatform(engine: Engine, container: string, signal?: AbortSignal): Promise<NodePlatform> {
  signal?.throwIfAborted();
  const conversation = new Conversation(engine, container, 'the node', [CAN_FREEZE]);
  const giveUp = (): void => void conversation.abandon();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    return (await protocol()).platformSchema.parse(await conversation.next());
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
    await conversation.abandon();
  }
}

/**
 * Holds one node still. Between `stand` and `go` its processes stand, memory and files are of one moment. Whatever ends
 * the conversation before `go` sets the node free, and no memory image stays.
 */
export class Freeze {
  readonly #conversation: Conversation;

  constructor(engine: Engine, container: string, node: string, mode: FreezeMode, id: string) {
    this.#conversation = new Conversation(engine, container, node, [FREEZE, mode, id]);
    this.#conversation.keepSaying('hold', KEEP_ALIVE_MS);
  }

  /** The first thing it tells. */
  async platform(): Promise<NodePlatform> {
    return (await protocol()).platformSchema.parse(await this.#conversation.next());
  }

  /** From now on the node hears nobody. */
  async fence(): Promise<void> {
    this.#conversation.say('fence');
    await this.#conversation.next();
  }

  /** From now on its processes stand, and their memory is being written. */
  async stand(): Promise<void> {
    this.#conversation.say('dump');
    await this.#conversation.next();
  }

  /** When all of it has been written. @returns bytes of the memory image */
  async dumped(): Promise<number> {
    return (await protocol()).dumpedSchema.parse(await this.#conversation.next()).bytes;
  }

  /** The node goes on, and keeps its memory image. @returns whether it also keeps its config and logs of the moment */
  async go(): Promise<boolean> {
    this.#conversation.say('go');
    return (await protocol()).goneOnSchema.parse(await this.#conversation.next()).files;
  }

  end(): Promise<void> {
    return this.#conversation.end();
  }
}

/** The end of a live restore in one node, behind its fence. */
export class Thaw implements Waiter {
  readonly #conversation: Conversation;

  /** @param timeoutMs for the memory to be put back @param past anew: logs, times and records of the node begin now */
  constructor(engine: Engine, container: string, node: string, timeoutMs: number, past: 'kept' | 'anew' = 'kept') {
    const seconds = String(Math.ceil(timeoutMs / 1000));
    this.#conversation = new Conversation(engine, container, node, [THAW, seconds, past]);
  }

  /** @throws FailedError with CRIU's reason */
  async restored(): Promise<void> {
    await this.#conversation.next();
  }

  async unfence(): Promise<void> {
    this.#conversation.say('unfence');
    await this.#conversation.next();
  }

  /** As the agent's, once the fence is down, and without a command of its own: each costs the engine a process or three. */
  async wait(timeoutMs: number, onChange: (status: ServiceStatus) => void, signal?: AbortSignal): Promise<WaitOutcome> {
    const changes = await Changes.heardBy(onChange);
    const giveUp = (): void => void this.end();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      this.#conversation.say(`wait ${waitSeconds(timeoutMs)}`);
      return changes.outcome(await this.#conversation.rest((line) => changes.hear(line)));
    } finally {
      signal?.removeEventListener('abort', giveUp);
      signal?.throwIfAborted();
    }
  }

  /** Does not wait for a node that is still putting its memory back. */
  end(): Promise<void> {
    return this.#conversation.abandon();
  }
}
