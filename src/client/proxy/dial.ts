import { connect, type Socket } from 'node:net';
import type { Locate } from './places.js';
import { Refusal } from './refusal.js';

/** A connection to a port of a node, by its inner name or address. @throws Refusal */
export type Dial = (host: string, port: number, client: Socket) => Promise<Socket>;

/** The nodes are near: who has not answered by then is stuck. */
const LIMIT_MS = 10_000;

export function dialer(locate: Locate): Dial {
  return async (host, port, client) => {
    const address = await locate(host);
    if (client.destroyed) throw new Refusal('silent', 'the client has gone');
    return open(address, port, `${host}:${port}`, client);
  };
}

/** @param about how the client knows it @param client nobody needs the connection once it has gone */
function open(address: string, port: number, about: string, client: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => fail('silent', `${about} does not answer`), LIMIT_MS);
    const giveUp = (): void => fail('silent', 'the client has gone');
    client.once('close', giveUp);
    const settle = (): void => {
      clearTimeout(timer);
      client.off('close', giveUp);
    };
    const fail = (reason: 'refused' | 'silent', message: string): void => {
      settle();
      socket.destroy();
      reject(new Refusal(reason, message));
    };
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    // Stays: later errors are the end of both sides (join), and of no interest beyond that.
    socket.on('error', ({ code = 'error' }: NodeJS.ErrnoException) =>
      fail(
        code === 'ECONNREFUSED' ? 'refused' : 'silent',
        code === 'ECONNREFUSED' ? `nobody listens on ${about}` : `${about} is not reached: ${code}`,
      ),
    );
  });
}

/** Two connections become one: each side may end before the other, and an abrupt end is an abrupt end. */
export function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => undefined);
    from.once('close', (hadError) => {
      if (hadError) to.resetAndDestroy();
      // Both directions are over; what was read is on its way.
      else if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}
