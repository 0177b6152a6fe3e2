import type { Engine } from '../engine/index.js';
import { AGENT, protocol } from './agent.js';
import { Conversation } from './conversation.js';
import { KEEP_ALIVE_MS } from './freeze.js';
import type { NodeSight } from './protocol.js';

/** Looks at one node again and again, by one command in it: that costs the node next to nothing. */
export class NodeWatch {
  readonly #conversation: Conversation;

  constructor(engine: Engine, container: string, node: string) {
    this.#conversation = Conversation.with(engine, container, node, [AGENT, 'watch']);
    this.#conversation.keepSaying('hold', KEEP_ALIVE_MS);
  }

  /** What it uses since the last look, and how its services are. One look at a time. @throws when the node broke off */
  async look(): Promise<NodeSight> {
    this.#conversation.say('look');
    return (await protocol()).sightSchema.parse(await this.#conversation.next());
  }

  /** The command in the node ends with its input. */
  end(): Promise<void> {
    return this.#conversation.abandon();
  }
}
