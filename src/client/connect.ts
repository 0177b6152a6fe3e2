import { connect as connectSocket } from 'node:net';

/** What became of one attempt to reach a port. */
export type Connection =
  | {
      readonly kind: 'open';
      /** Of this end: what the other one sees. */
      readonly address: string;
      readonly port: number;
      close(): void;
    }
  /** Somebody is there who says that nobody listens. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent'; readonly reason: string };

export type Connect = (address: string, port: number, limitMs: number) => Promise<Connection>;

/** One TCP connection, open until it is closed. Never rejects. */
export const connectTcp: Connect = (host, port, limitMs) =>
  new Promise((resolve) => {
    const socket = connectSocket({ host, port });
    const timer = setTimeout(() => give({ kind: 'silent', reason: `no answer within ${limitMs / 1000} s` }), limitMs);
    const give = (connection: Connection): void => {
      clearTimeout(timer);
      if (connection.kind !== 'open') socket.destroy();
      resolve(connection);
    };
    socket.on('connect', () =>
      give({
        kind: 'open',
        address: (socket.localAddress ?? '').replace(/^::ffff:/, ''),
        port: socket.localPort ?? 0,
        close: () => void socket.destroy(),
      }),
    );
    // Stays for an error of the open connection, which is of no interest.
    socket.on('error', ({ code = 'error' }: NodeJS.ErrnoException) =>
      give(/^(ECONNREFUSED|ECONNRESET)$/.test(code) ? { kind: 'refused' } : { kind: 'silent', reason: code }),
    );
  });
