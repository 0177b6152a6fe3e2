import { createServer, type Server } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { type Connect, connectTcp } from '../../../src/client/connect.js';
import { reachNodes } from '../../../src/client/reach.js';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { ConflictError, FailedError } from '../../../src/errors/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox, findSandbox } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine } from '../sandbox/fixture.js';
import { HEADER, opening, seen } from './fixture.js';

describe('reaching the nodes', () => {
  test('gives their addresses, and the one they see here; every connection is closed again', async () => {
    const closed: string[] = [];
    const reached = await reach(await demo(seen), opening(closed));
    expect(reached).toEqual({
      hosts: [
        { name: 'node1', address: '10.213.0.2' },
        { name: 'node2', address: '10.213.0.3' },
        { name: 'node3', address: '10.213.0.4' },
      ],
      clientAddress: '10.213.0.1',
    });
    expect(closed).toEqual(['10.213.0.2', '10.213.0.3', '10.213.0.4']);
  });

  test('does not mind a node whose services are down, while another tells who it is', async () => {
    const open = opening();
    const connect: Connect = async (address, port, limit) =>
      address === '10.213.0.2' ? { kind: 'refused' } : open(address, port, limit);
    expect((await reach(await demo(seen), connect)).hosts).toHaveLength(3);
  });

  test('says which node gives no sign', async () => {
    const closed: string[] = [];
    const open = opening(closed);
    const connect: Connect = async (address, port, limit) =>
      address === '10.213.0.3' ? { kind: 'silent', reason: 'EHOSTUNREACH' } : open(address, port, limit);
    const error = await reach(await demo(seen), connect).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({
      message:
        'programs of this machine cannot reach the nodes of demo: node2 at 10.213.0.3 gives no sign (EHOSTUNREACH)',
      hint: expect.stringContaining('bdsandbox exec demo'),
    });
    expect(closed).toEqual(['10.213.0.2', '10.213.0.4']);
  });

  test.each([
    ['has no such connection', `${HEADER}   0: 0100007F:1F90 00000000:0000 0A 0\n`],
    ['has one from another port', `${HEADER}   1: 0200D50A:1F90 0100D50A:C351 01 0\n`],
    ['has one to another port', `${HEADER}   1: 0200D50A:1F91 0100D50A:C350 01 0\n`],
    ['says nothing', ''],
  ])('takes an address that answers for another machine’s when the node %s', async (_, table) => {
    await expect(reach(await demo(table), opening())).rejects.toThrow(
      'the nodes of demo: 10.213.0.2 is something else here, not its node node1',
    );
  });

  test('finds the connection among those of IPv6, where a JVM’s are', async () => {
    const row = '   9: 0000000000000000FFFF00000200D50A:1F90 0000000000000000FFFF00000100D50A:C350 01 0\n';
    expect((await reach(await demo(`${HEADER}${HEADER}${row}`), opening())).clientAddress).toBe('10.213.0.1');
  });

  test('while nothing listens is for later', async () => {
    const error = await reach(await demo(seen), async () => ({ kind: 'refused' })).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({
      message: 'no port of demo answers programs of this machine',
      hint: expect.stringContaining('bdsandbox status demo'),
    });
  });

  test.each<[string, (engine: MemoryEngine) => Promise<void>]>([
    ['stopped', ({ containers }) => containers.stop('bds.demo.node2', { graceMs: 0 })],
    ['paused', ({ containers }) => containers.pause('bds.demo.node2')],
  ])('is not tried with a node that is %s', async (state, act) => {
    const engine = await demo(seen);
    await act(engine);
    const never: Connect = () => Promise.reject(new Error('tried'));
    await expect(reach(engine, never)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `node node2 of demo is ${state}`,
    });
  });
});

describe('one connection', () => {
  test('is open, with this end’s address and port as the other one sees them', async () => {
    const peers: unknown[] = [];
    const { server, port } = await listening((socket) => {
      peers.push([socket.remoteAddress, socket.remotePort]);
      socket.on('error', () => undefined);
      socket.on('close', () => server.close());
    });
    const connection = await connectTcp('127.0.0.1', port, 5000);
    if (connection.kind !== 'open') throw new Error(connection.kind);
    expect(connection.address).toBe('127.0.0.1');
    connection.close();
    await new Promise((resolve) => server.on('close', resolve));
    expect(peers).toEqual([['127.0.0.1', connection.port]]);
  });

  test('is refused where nobody listens', async () => {
    const { server, port } = await listening(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect(await connectTcp('127.0.0.1', port, 5000)).toEqual({ kind: 'refused' });
  });

  test('is silent when there is no way there', async () => {
    expect(await connectTcp('255.255.255.255', 1, 5000)).toMatchObject({
      kind: 'silent',
      reason: expect.stringMatching(/^E[A-Z]+$/),
    });
  });

  test('is silent when its time is over', async () => {
    const { server, port } = await listening((socket) => socket.on('error', () => undefined));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const connection = connectTcp('127.0.0.1', port, 1500);
    vi.advanceTimersByTime(1500);
    vi.useRealTimers();
    expect(await connection).toEqual({ kind: 'silent', reason: 'no answer within 1.5 s' });
    server.close();
  });
});

async function demo(table: string): Promise<MemoryEngine> {
  const engine = tinyEngine().when([...BARE, 'cat', '/proc/net/tcp', '/proc/net/tcp6'], async ({ stdout }) => {
    await stdout(table);
    return 1;
  });
  await createSandbox(contextOf(engine), request());
  return engine;
}

async function reach(engine: MemoryEngine, connect: Connect) {
  const { engines } = contextOf(engine);
  return reachNodes(engines, await findSandbox(engines, 'demo', 'ann'), connect);
}

async function listening(onConnection: Parameters<typeof createServer>[1]): Promise<{ server: Server; port: number }> {
  const server = createServer({}, onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}
