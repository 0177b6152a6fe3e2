import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { FailedError, PortTakenError, UsageError } from '../../errors/index.js';
import type { Dial } from './dial.js';
import { httpProxy } from './http.js';
import { serveSocks, VERSION } from './socks.js';

export interface OpenProxy {
  readonly address: string;
  readonly port: number;
  /** Nobody listens any more, and all connections end. */
  close(): void;
}

/** Who connects and says nothing. */
const SILENT_MS = 60_000;

/**
 * One port for both: the first byte of SOCKS 5 begins no request of HTTP.
 * @throws PortTakenError, UsageError, FailedError
 */
export async function openProxy(
  dial: Dial,
  { address, port, home }: { readonly address: string; readonly port: number; readonly home: string },
): Promise<OpenProxy> {
  const http = httpProxy(dial, home);
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    // Whoever hangs up is nobody's business.
    client.on('error', () => undefined);
    client.setTimeout(SILENT_MS, () => client.destroy());
    client.once('readable', () => {
      const first = client.read() as Buffer | null;
      if (!first) return void client.destroy();
      client.unshift(first);
      if (first[0] === VERSION) return void serveSocks(client, dial);
      client.setTimeout(0);
      http.emit('connection', client);
    });
  });
  try {
    await once(server.listen(port, address), 'listening');
  } catch (cause) {
    throw cannotListen(address, port, cause);
  }
  const listening = server.address();
  return {
    address,
    port: typeof listening === 'object' && listening !== null ? listening.port : port,
    close: () => {
      server.close();
      http.close();
      for (const client of clients) client.destroy();
    },
  };
}

function cannotListen(address: string, port: number, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  const where = `${address}:${port}`;
  if (code === 'EADDRINUSE') {
    return new PortTakenError(
      `another program listens on ${where}`,
      'name another port, or take any free one: --port 0',
      { cause },
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EINVAL') {
    return new UsageError(`${address} is no address of this machine`, 'use 127.0.0.1, or one that `ip address` shows', {
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FailedError(`can't listen on ${where}: ${reason}`, 'use a port from 1024 upwards', { cause });
}
