import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { dialer } from '../../../../src/client/proxy/dial.js';
import { type OpenProxy, openProxy } from '../../../../src/client/proxy/open.js';
import { Refusal } from '../../../../src/client/proxy/refusal.js';

const ends: (() => void)[] = [];

/** After each test: whatever it has opened. */
export function closeAll(): void {
  for (const end of ends.splice(0)) end();
}

export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that says what it has heard once the client has said its end. */
export function echo(): Promise<number> {
  return listen(createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)));
}

/** A proxy to node1, which is this machine. */
export async function proxy(port = 0): Promise<OpenProxy> {
  const dial = dialer(async (host) => {
    if (host === 'stopped') throw new Refusal('down', 'node stopped of demo is stopped: see bdsandbox status demo');
    if (host === 'node1' || host === '10.255.0.1') return '127.0.0.1';
    throw new Refusal('elsewhere', `${host} is no node of demo`);
  });
  const open = await openProxy(dial, { address: '127.0.0.1', port, home: 'the proxy of demo' });
  ends.push(open.close);
  return open;
}

export async function client({ port }: Pick<OpenProxy, 'port'>): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  ends.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** A client's whole SOCKS conversation up to the proxy's answer. @returns its code, and the open socket */
export async function socks(to: OpenProxy, host: string, port: number): Promise<{ code: number; socket: Socket }> {
  const socket = await client(to);
  socket.write(Buffer.of(5, 1, 0));
  const name = Buffer.from(host);
  socket.write(Buffer.concat([Buffer.of(5, 1, 0, 3, name.length), name, Buffer.of(port >> 8, port & 255)]));
  await read(socket, 2);
  const [, code = -1] = await read(socket, 10);
  return { code, socket };
}

/** A CONNECT up to its answer. */
export async function tunnel(to: OpenProxy, target: string): Promise<{ code: number; said: string; socket: Socket }> {
  const socket = await client(to);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  let said = '';
  while (!said.includes('\r\n\r\n')) said += (await read(socket, 1)).toString();
  return { code: Number(said.split(' ')[1]), said, socket };
}

/** Sends all, says that it is all, and reads to the end. */
export async function talk(socket: Socket, data: string | Buffer): Promise<Buffer> {
  socket.end(data);
  return buffer(socket);
}

export async function read(socket: Socket, count: number): Promise<Buffer> {
  let held = Buffer.alloc(0);
  while (held.length < count) {
    const chunk = socket.read() as Buffer | null;
    if (chunk) held = Buffer.concat([held, chunk]);
    else if (socket.readableEnded || socket.destroyed) throw new Error('nothing more came');
    else await new Promise<void>((resolve) => void ['readable', 'end', 'close'].map((on) => socket.once(on, resolve)));
  }
  if (held.length > count) socket.unshift(held.subarray(count));
  return held.subarray(0, count);
}
