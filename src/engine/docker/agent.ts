import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecurely } from 'node:tls';
import type { Endpoint } from './endpoint.js';

type Tcp = Extract<Endpoint, { readonly kind: 'tcp' }>;

/** As Node's own agents do. */
const OPTIONS: AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 };

/**
 * Connections to an engine over TCP. The client would make them by itself, and for that takes addresses apart by url.parse,
 * of which Node warns (DEP0169) in each run.
 */
export function tcpAgent({ host, port, tls }: Tcp): HttpAgent {
  if (tls === undefined) {
    return new (class extends HttpAgent {
      override createConnection(): Duplex {
        return connect({ host, port });
      }
    })(OPTIONS);
  }
  return new (class extends HttpsAgent {
    override createConnection(): Duplex {
      return connectSecurely({ host, port, ...tls });
    }
  })(OPTIONS);
}
