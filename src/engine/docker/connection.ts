import type Dockerode from 'dockerode';
import { EngineUnreachableError } from '../../errors/index.js';
import { tcpAgent } from './agent.js';
import type { Endpoint } from './endpoint.js';
import type { About } from './fault.js';
import { translateError } from './translate-error.js';

/** How long a question may take that a healthy engine answers at once. */
const SOON_MS = 10_000;

/** The one place that holds the client. Every call goes through `ask`, so that no foreign error leaves this room. */
export class Connection {
  readonly endpoint: Endpoint;
  readonly #soonMs: number;
  #client: Promise<Dockerode> | undefined;

  constructor(endpoint: Endpoint, { soonMs = SOON_MS }: { readonly soonMs?: number } = {}) {
    this.endpoint = endpoint;
    this.#soonMs = soonMs;
  }

  /** Without a limit of time: for calls that rightly take long, such as stop, commit and build. */
  async ask<T>(about: About, question: (docker: Dockerode) => Promise<T>): Promise<T> {
    try {
      this.#client ??= openClient(this.endpoint);
      return await question(await this.#client);
    } catch (error) {
      throw this.translate(error, about);
    }
  }

  /** For quick questions: an engine that accepts connections and hangs must not hang us. */
  async askSoon<T>(about: About, question: (docker: Dockerode, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    // The clock starts after the client is loaded, which a cold disk may make slow.
    return this.ask(about, async (docker) => {
      const limit = AbortSignal.timeout(this.#soonMs);
      try {
        // The signal frees the socket; the race ends the waiting also where the client does not heed the signal.
        return await Promise.race([question(docker, limit), rejectWhenAborted(limit)]);
      } catch (error) {
        if (!limit.aborted) throw error;
        throw new EngineUnreachableError(
          `cannot ${about.action}: the engine at ${this.endpoint.name} did not answer within ${this.#soonMs / 1000} s`,
          'see whether it is stuck: sudo journalctl -u docker --since -10min',
          { cause: error },
        );
      }
    });
  }

  translate(error: unknown, about: About): Error {
    return translateError(error, about, this.endpoint.name);
  }
}

const NO_PATH = 'tcp';

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function openClient(endpoint: Endpoint): Promise<Dockerode> {
  // Loading it takes longer than most commands' own work.
  const { default: Client } = await import('dockerode');
  // The client mixes DOCKER_HOST and its relatives into what it is given; each field said here keeps one of those out.
  const blank = {
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
  };
  if (endpoint.kind === 'unix') return new Client({ ...blank, protocol: 'http', socketPath: endpoint.path });
  const protocol = endpoint.tls ? 'https' : 'http';
  // With a socket's path it leaves the address alone, and the agent knows better.
  const options = { ...blank, protocol, socketPath: NO_PATH, agent: tcpAgent(endpoint) } as const;
  return new Client(options);
}
