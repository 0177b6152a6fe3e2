import type { Readable } from 'node:stream';
import type { Engine, FileEntry } from '../engine/index.js';
import { Changes, protocol, type Waiter, type WaitOutcome, waitSeconds } from './agent.js';
import { Conversation } from './conversation.js';
import type { Dumped, NodePlatform, ServiceStatus } from './protocol.js';

export type FreezeMode = 'live' | 'cold';

const FREEZE = '/usr/lib/bdsandbox/freeze';
const CAN_FREEZE = '/usr/lib/bdsandbox/can-freeze';
/** Of the words of `freeze` and `thaw`: a node that was frozen with others cannot be thawed by this program. */
export const WORDS_VERSION = 2;
/** The node lets go by itself after 20 s of silence. */
export const KEEP_ALIVE_MS = 4_000;

/** What a machine can do, as one of its containers sees it. @throws the signal's reason */
export async function nodePlatform(engine: Engine, container: string, signal?: AbortSignal): Promise<NodePlatform> {
  signal?.throwIfAborted();
  const conversation = Conversation.with(engine, container, 'the node', [CAN_FREEZE]);
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

/** What a node kept of its scene, for the evidence. To be read before the freeze is ended: views, then files. */
export interface KeptScene {
  /** Tar of what it said of itself in the seconds before; undefined when it could not, or was not asked to. */
  readonly views: Readable | undefined;
  /** Tar of its config and logs of the moment; undefined when its logs are long, or it was not asked to. */
  readonly files: Readable | undefined;
  /** Why there are no views. */
  readonly problems: readonly string[];
}

/**
 * Holds one node still. Between `stand` and `go` its processes stand, memory and files are of one moment. Whatever ends
 * the conversation before `go` sets the node free, and no memory image stays.
 */
export class Freeze {
  readonly #conversation: Conversation;

  constructor(
    engine: Engine,
    container: string,
    node: string,
    how: { readonly mode: FreezeMode; readonly id: string; readonly withEvidence: boolean },
  ) {
    const command = [FREEZE, how.mode, how.id, ...(how.withEvidence ? ['evidence'] : [])];
    this.#conversation = Conversation.with(engine, container, node, command);
    this.#conversation.keepSaying('hold', KEEP_ALIVE_MS);
  }

  /** The first thing it tells. */
  async platform(): Promise<NodePlatform> {
    return (await protocol()).platformSchema.parse(await this.#conversation.next());
  }

  /** When it has said what only a running node can say. */
  async ready(): Promise<void> {
    await this.#conversation.next();
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

  /** When all of it has been written. @throws CriuError */
  async dumped(): Promise<Dumped> {
    return (await protocol()).dumpedSchema.parse(await this.#conversation.next());
  }

  /** The node goes on, and keeps its memory image. */
  async go(): Promise<KeptScene> {
    this.#conversation.say('go');
    const { resumedSchema } = await protocol();
    const { views, files, problem } = resumedSchema.parse(await this.#conversation.next());
    const part = (bytes: number): Readable | undefined => (bytes > 0 ? this.#conversation.bytes(bytes) : undefined);
    return { views: part(views), files: part(files), problems: problem === '' ? [] : [`views: ${problem}`] };
  }

  end(): Promise<void> {
    return this.#conversation.end();
  }
}

/** A folder and when it is said to have been changed last. */
export interface TimedFolder {
  readonly path: string;
  readonly time: Date;
}

/** The end of a live restore in one node, behind its fence. */
export class Thaw implements Waiter {
  readonly #conversation: Conversation;

  private constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /**
   * Of a node that is not started yet.
   * @param timeoutMs for the memory to be put back @param past anew: logs, times and records of the node begin now
   */
  static async of(
    engine: Engine,
    container: string,
    node: string,
    how: { readonly timeoutMs: number; readonly past: 'kept' | 'anew' },
  ): Promise<Thaw> {
    const conversation = await Conversation.fromStart(engine, container, node);
    conversation.say(`thaw ${waitSeconds(how.timeoutMs)} ${how.past}`);
    return new Thaw(conversation);
  }

  /** @throws CriuError */
  async restored(): Promise<void> {
    await this.#conversation.next();
  }

  /** Processes go on by `resume`, when no node is fenced any more: what they send behind a fence is lost. */
  async unfence(): Promise<void> {
    this.#conversation.say('unfence');
    await this.#conversation.next();
  }

  async resume(): Promise<void> {
    this.#conversation.say('resume');
    await this.#conversation.next();
  }

  /** As the agent's, once the fence is down, and without a command of its own: each costs the engine a process or three. */
  async wait(timeoutMs: number, onChange: (status: ServiceStatus) => void, signal?: AbortSignal): Promise<WaitOutcome> {
    const changes = await Changes.heardBy(onChange);
    const { waitedSchema } = await protocol();
    const giveUp = (): void => void this.end();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      this.#conversation.say(`wait ${waitSeconds(timeoutMs)}`);
      for (;;) {
        const said = await this.#conversation.next();
        const waited = waitedSchema.safeParse(said);
        if (waited.success) return changes.outcome({ exitCode: waited.data.code, stderr: '' });
        changes.hear(JSON.stringify(said));
      }
    } finally {
      signal?.removeEventListener('abort', giveUp);
      signal?.throwIfAborted();
    }
  }

  /** One after the other: when the folder is there, all are. For small files, since each is a line. */
  async write(files: readonly FileEntry[], { path: folder, time }: TimedFolder): Promise<void> {
    for (const { path, content } of files) {
      this.#conversation.say(`write ${path} ${Buffer.from(content).toString('base64')}`);
      await this.#conversation.next();
    }
    this.#conversation.say(`folder ${folder} ${(time.getTime() / 1000).toFixed(3)}`);
    await this.#conversation.next();
  }

  /** Does not wait for a node that is still putting its memory back. */
  end(): Promise<void> {
    return this.#conversation.abandon();
  }
}
