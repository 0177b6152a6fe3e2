import { spawn } from 'node:child_process';
import { connect as connectSocket, createServer, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { openTunnels, type Tunnels } from '../../../src/client/tunnel.js';
import { FailedError } from '../../../src/errors/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox, findSandbox } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine } from '../sandbox/fixture.js';

const servers: Server[] = [];
let tunnels: Tunnels | undefined;

afterEach(() => {
  tunnels?.close();
  for (const server of servers.splice(0)) server.close();
});

describe.runIf(process.platform === 'linux')('tunnels', () => {
  test('lead to the port of the node, each connection by itself', async () => {
    const targets: string[][] = [];
    tunnels = await open(await echo(), targets);
    expect(tunnels.hosts.map(({ name }) => name)).toEqual(['node1', 'node2', 'node3']);
    expect(new Set(tunnels.hosts.map(({ address }) => address)).size).toBe(3);
    const answers = await Promise.all(tunnels.hosts.map(({ address, name }) => talk(address, `I want ${name}`)));
    expect(answers).toEqual(['I want node1', 'I want node2', 'I want node3']);
    expect(targets.sort()).toEqual([
      ['bds.demo', '10.255.0.1', '8080'],
      ['bds.demo.node2', '10.255.0.2', '8080'],
      ['bds.demo.node3', '10.255.0.3', '8080'],
    ]);
  });

  test('carry many bytes, any bytes, both ways at once', async () => {
    tunnels = await open(await echo());
    const bytes = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
    expect((await talk(addressOf(tunnels), bytes, 'latin1')) === bytes.toString('latin1')).toBe(true);
  });

  test('pass the end of a server on', async () => {
    const port = await listen((socket) => socket.end('that is all'));
    tunnels = await open(port);
    const socket = connectSocket(8080, addressOf(tunnels));
    expect((await buffer(socket)).toString()).toBe('that is all');
  });

  test('refuse what nobody listens to', async () => {
    const port = await echo();
    await new Promise((resolve) => servers[0]?.close(resolve));
    tunnels = await open(port);
    await expect(talk(addressOf(tunnels), 'anybody?')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('hang up when the engine does not do its part', async () => {
    tunnels = await open(1, [], () => Promise.reject(new Error('broken')));
    await expect(talk(addressOf(tunnels), 'anybody?')).resolves.toBe('');
  });

  test('end with their process’ wish: nobody listens any more, and connections end', async () => {
    tunnels = await open(await echo());
    const address = addressOf(tunnels);
    const socket = connectSocket(8080, address);
    socket.on('error', () => undefined);
    socket.write('x');
    await new Promise((resolve) => socket.once('data', resolve));
    tunnels.close();
    await new Promise((resolve) => socket.once('close', resolve));
    await expect(talk(address, 'x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('that cannot listen are an error, and leave nothing open', async () => {
    const opening = open(1, [], undefined, 80_000);
    await expect(opening).rejects.toThrow(FailedError);
    await expect(opening).rejects.toThrow("can't listen for the nodes of demo");
  });
});

/** A sandbox whose nodes run commands on this machine, where their services are the one on `port`. */
async function open(
  port: number,
  targets: string[][] = [],
  instead?: () => Promise<number>,
  servicePort = 8080,
): Promise<Tunnels> {
  const engine = tinyEngine().when([...BARE, 'perl'], async (run) => {
    const [, , script = '', ...target] = run.command.slice(BARE.length);
    targets.push([run.container.name, ...target]);
    if (instead) return instead();
    const child = spawn('perl', ['-e', script, '127.0.0.1', String(port)]);
    child.stdin.on('error', () => undefined);
    run.stdin.pipe(child.stdin);
    child.stdout.pause();
    const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) await run.stdout(chunk);
    return ended;
  });
  const { nodes, ...plan } = request().plan;
  const moved = nodes.map((node) => ({
    ...node,
    services: node.services.map((service) => ({
      ...service,
      ports: service.ports.map((each) => ({ ...each, port: servicePort, publish: false })),
    })),
  }));
  await createSandbox(contextOf(engine), request({ plan: { ...plan, nodes: moved } }));
  const { engines } = contextOf(engine);
  return openTunnels(engines, await findSandbox(engines, 'demo', 'ann'));
}

function addressOf({ hosts }: Tunnels): string {
  return hosts[0]?.address ?? '';
}

/** Sends, says that this is all, and reads to the end. */
async function talk(address: string, data: string | Buffer, encoding: BufferEncoding = 'utf8'): Promise<string> {
  const socket = connectSocket({ host: address, port: 8080, allowHalfOpen: true });
  socket.end(data);
  return (await buffer(socket)).toString(encoding);
}

/** Answers only when the other side has said its end. */
async function echo(): Promise<number> {
  return listen((socket) => socket.pipe(socket));
}

async function listen(onConnection: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
