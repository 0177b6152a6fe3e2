import type { Socket } from 'node:net';
import { type Dial, join } from './dial.js';
import { type Reason, Refusal } from './refusal.js';

// SOCKS protocol version 5, RFC 1928: the part that a local proxy needs, which is no authentication and CONNECT alone.

export const VERSION = 5;
const NO_AUTHENTICATION = 0;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

const GRANTED = 0;
const FAILED = 1;
const COMMAND_UNKNOWN = 7;
const ADDRESS_UNKNOWN = 8;
/** SOCKS has numbers and no words. */
const REPLIES: Readonly<Record<Reason, number>> = { elsewhere: 2, down: 4, silent: 4, refused: 5 };

/** Speaks with a client whose first byte was that of SOCKS 5. Never rejects. */
export async function serveSocks(client: Socket, dial: Dial): Promise<void> {
  try {
    const [, methods = 0] = await bytes(client, 2);
    const offered = await bytes(client, methods);
    if (!offered.includes(NO_AUTHENTICATION)) return void client.end(Buffer.of(VERSION, NONE_ACCEPTABLE));
    client.write(Buffer.of(VERSION, NO_AUTHENTICATION));
    const [version, command, , type = 0] = await bytes(client, 4);
    const host = version === VERSION ? await hostOf(client, type) : undefined;
    if (host === undefined) return void client.end(reply(ADDRESS_UNKNOWN));
    const port = (await bytes(client, 2)).readUInt16BE();
    if (command !== CONNECT) return void client.end(reply(COMMAND_UNKNOWN));
    client.setTimeout(0);
    const node = await dial(host, port, client);
    client.write(reply(GRANTED));
    join(client, node);
  } catch (error) {
    client.end(reply(error instanceof Refusal ? REPLIES[error.reason] : FAILED));
  }
}

async function hostOf(client: Socket, type: number): Promise<string | undefined> {
  if (type === IPV4) return (await bytes(client, 4)).join('.');
  if (type === NAME) {
    const [length = 0] = await bytes(client, 1);
    return (await bytes(client, length)).toString('latin1');
  }
  if (type !== IPV6) return undefined;
  return (await bytes(client, 16)).toString('hex').match(/.{4}/g)?.join(':');
}

/** The address that the proxy connects from, which is of use for nobody, is left empty. */
function reply(code: number): Buffer {
  return Buffer.of(VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0);
}

/** Exactly so many, however they arrive. @throws Error when the client ends before */
async function bytes(client: Socket, count: number): Promise<Buffer> {
  let held = Buffer.alloc(0);
  while (held.length < count) {
    // All there is: as long as something is left in the stream, it tells of that again and again.
    const chunk = client.read() as Buffer | null;
    if (chunk) held = Buffer.concat([held, chunk]);
    else if (client.readableEnded || client.destroyed) throw new Error('the client has gone');
    else await readable(client);
  }
  if (held.length > count) client.unshift(held.subarray(count));
  return held.subarray(0, count);
}

/** Until there is more, or will be no more. */
function readable(client: Socket): Promise<void> {
  const events = ['readable', 'end', 'close'] as const;
  return new Promise((resolve) => {
    const go = (): void => {
      for (const event of events) client.off(event, go);
      resolve();
    };
    for (const event of events) client.once(event, go);
  });
}
