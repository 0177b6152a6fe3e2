import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { OpenProxy } from '../../../../src/client/proxy/open.js';
import { PortTakenError, UsageError } from '../../../../src/errors/index.js';
import { client, closeAll, echo, listen, proxy, read, socks, talk, tunnel } from './fixture.js';

afterEach(closeAll);

type Open = (to: OpenProxy, host: string, port: number) => Promise<{ code: number; socket: Socket }>;
const WAYS: readonly [string, number, Open][] = [
  ['SOCKS 5', 0, socks],
  ['CONNECT', 200, (to, host, port) => tunnel(to, `${host}:${port}`)],
];

describe.each(WAYS)('%s', (_name, good, open) => {
  test.each(['node1', '10.255.0.1'])('leads to a node as %s', async (host) => {
    const { code, socket } = await open(await proxy(), host, await echo());
    expect(code).toBe(good);
    expect((await talk(socket, 'hello')).toString()).toBe('hello');
  });

  test('carries many bytes, any bytes, both ways at once', async () => {
    const { socket } = await open(await proxy(), 'node1', await echo());
    const bytes = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
    expect((await talk(socket, bytes)).equals(bytes)).toBe(true);
  });

  test('has each of many connections for itself', async () => {
    const [to, port] = [await proxy(), await echo()];
    const answers = Array.from({ length: 200 }, async (_, index) => {
      const { socket } = await open(to, 'node1', port);
      return (await talk(socket, `number ${index}`)).toString();
    });
    expect(await Promise.all(answers)).toEqual(answers.map((_, index) => `number ${index}`));
  });

  test('passes on that one side has ended, and the other speaks on', async () => {
    const port = await listen(
      createServer({ allowHalfOpen: true }, async (socket) => {
        socket.write('first ');
        socket.end(`then ${await text(socket)}`);
      }),
    );
    const { socket } = await open(await proxy(), 'node1', port);
    expect((await read(socket, 6)).toString()).toBe('first ');
    expect((await talk(socket, 'the rest')).toString()).toBe('then the rest');
    const early = await listen(
      createServer({ allowHalfOpen: true }, (server) => {
        server.end('over');
        server.on('data', (chunk) => heard.push(String(chunk)));
      }),
    );
    const heard: string[] = [];
    const { socket: late } = await open(await proxy(), 'node1', early);
    expect((await buffer(late)).toString()).toBe('over');
    late.end('and yet');
    await expect.poll(() => heard.join('')).toBe('and yet');
  });

  test('hangs up on the node when the client has gone, and the other way round', async () => {
    const met = Promise.withResolvers<Socket>();
    const port = await listen(createServer((socket) => met.resolve(socket)));
    const { socket } = await open(await proxy(), 'node1', port);
    const node = await met.promise;
    socket.resetAndDestroy();
    await closed(node);

    const next = Promise.withResolvers<Socket>();
    const other = await listen(createServer((server) => next.resolve(server)));
    const { socket: left } = await open(await proxy(), 'node1', other);
    (await next.promise).resetAndDestroy();
    await closed(left);
  });

  test('ends with the proxy', async () => {
    const to = await proxy();
    const { socket } = await open(to, 'node1', await echo());
    to.close();
    expect((await buffer(socket)).length).toBe(0);
    await expect(client(to)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('what is not there', () => {
  test.each([
    ['example.com', 2, 403, 'example.com is no node of demo'],
    ['127.0.0.1', 2, 403, '127.0.0.1 is no node of demo'],
    ['stopped', 4, 503, 'bdsandbox status demo'],
  ])('%s is refused with a reason', async (host, code, status, reason) => {
    const to = await proxy();
    expect(await socks(to, host, 80)).toMatchObject({ code });
    const { socket, ...answer } = await tunnel(to, `${host}:80`);
    expect(answer).toMatchObject({ code: status });
    expect((await buffer(socket)).toString()).toContain(reason);
    expect(await get(to, `http://${host}/`)).toMatchObject({ status, body: expect.stringContaining(reason) });
  });

  test('a port that nobody listens on is said to be one', async () => {
    const to = await proxy();
    const port = await echo();
    closeAll();
    const again = await proxy(to.port);
    expect(await socks(again, 'node1', port)).toMatchObject({ code: 5 });
    expect(await tunnel(again, `node1:${port}`)).toMatchObject({ code: 502 });
    expect((await get(again, `http://node1:${port}/`)).body).toBe(`nobody listens on node1:${port}\n`);
  });
});

describe('SOCKS clients', () => {
  test('that send byte by byte are understood', async () => {
    const [to, port] = [await proxy(), await echo()];
    const socket = await client(to);
    const words = Buffer.concat([
      Buffer.of(5, 2, 2, 0, 5, 1, 0, 3, 5),
      Buffer.from('node1'),
      Buffer.of(port >> 8, port & 255),
    ]);
    for (const byte of words) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...(await read(socket, 2))]).toEqual([5, 0]);
    expect((await read(socket, 10))[1]).toBe(0);
    expect((await talk(socket, 'x')).toString()).toBe('x');
  });

  test('that send everything at once, with the first data, are understood', async () => {
    const [to, port] = [await proxy(), await echo()];
    const socket = await client(to);
    const address = Buffer.of(5, 1, 0, 5, 1, 0, 1, 10, 255, 0, 1, port >> 8, port & 255);
    socket.end(Buffer.concat([address, Buffer.from('early')]));
    expect((await buffer(socket)).subarray(12).toString()).toBe('early');
  });

  test.each([
    ['want a password', Buffer.of(5, 1, 2), [5, 0xff]],
    ['want to be connected to (BIND)', Buffer.of(5, 1, 0, 5, 2, 0, 1, 10, 255, 0, 1, 0, 80), [5, 0, 5, 7]],
    ['have an unknown kind of address', Buffer.of(5, 1, 0, 5, 1, 0, 9), [5, 0, 5, 8]],
    ['name an IPv6 address', Buffer.concat([Buffer.of(5, 1, 0, 5, 1, 0, 4), Buffer.alloc(18)]), [5, 0, 5, 2]],
  ])('that %s are told so', async (_what, words, answer) => {
    const socket = await client(await proxy());
    socket.write(words);
    expect([...(await buffer(socket))].slice(0, answer.length)).toEqual(answer);
  });

  test.each([Buffer.of(5), Buffer.of(5, 9, 0), Buffer.of(4, 1, 0, 80)])(
    'that break off after %o are let go',
    async (words) => {
      const socket = await client(await proxy());
      socket.end(words);
      await buffer(socket);
    },
  );
});

describe('plain HTTP', () => {
  test('goes to the node, with method, path, headers and body, and comes back', async () => {
    const port = await listen(
      createHttpServer(async (incoming, response) => {
        const { method, url, headers } = incoming;
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.writeHead(201, 'Made').end(JSON.stringify({ method, url, headers, body: await text(incoming) }));
      }),
    );
    const answer = await get(await proxy(), `http://node1:${port}/a/b?c=d%20e`, {
      method: 'POST',
      headers: { 'x-own': 'yes', 'proxy-connection': 'keep-alive', connection: 'x-hop', 'x-hop': '1' },
      body: 'sent',
    });
    expect(answer).toMatchObject({ status: 201, message: 'Made', cookies: ['a=1', 'b=2'] });
    const seen = JSON.parse(answer.body) as { headers: Record<string, string> };
    expect(seen).toMatchObject({ method: 'POST', url: '/a/b?c=d%20e', body: 'sent' });
    expect(seen.headers).toMatchObject({ host: `node1:${port}`, 'x-own': 'yes' });
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(['proxy-connection']));
    expect(Object.keys(seen.headers)).not.toContain('x-hop');
  });

  test('carries large bodies both ways', async () => {
    const port = await listen(createHttpServer((incoming, response) => void incoming.pipe(response)));
    const body = 'x'.repeat(3_000_000);
    expect((await get(await proxy(), `http://node1:${port}/`, { method: 'PUT', body })).body).toBe(body);
  });

  test('a node that hangs up is said to, or breaks the answer off', async () => {
    const to = await proxy();
    const dead = await listen(createServer((socket) => socket.destroy()));
    expect(await get(to, `http://node1:${dead}/`)).toMatchObject({ status: 502, body: `node1:${dead} hung up\n` });
    const half = await listen(createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')));
    await expect(get(to, `http://node1:${half}/`)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('a client that hangs up frees the node', async () => {
    const closed = Promise.withResolvers<void>();
    const port = await listen(createHttpServer((incoming) => void incoming.on('close', closed.resolve)));
    const socket = await client(await proxy());
    socket.write(`GET http://node1:${port}/ HTTP/1.1\r\nHost: node1\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await closed.promise;
  });

  test('who opens the proxy itself sees what it is, and nonsense is answered', async () => {
    const to = await proxy();
    expect(await get(to, '/')).toMatchObject({ status: 200, body: 'the proxy of demo\n' });
    expect(await get(to, '/other')).toMatchObject({ status: 400 });
    expect(await get(to, 'ftp://node1/')).toMatchObject({ status: 400 });
    const socket = await client(to);
    expect((await talk(socket, 'nonsense\r\n\r\n')).toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(await tunnel(to, 'node1')).toMatchObject({ code: 400 });
  });
});

describe('listening', () => {
  test('on a taken port is an error that says what to do', async () => {
    const { port } = await proxy();
    const taken = proxy(port);
    await expect(taken).rejects.toThrow(PortTakenError);
    await expect(taken).rejects.toMatchObject({ exitCode: 5, hint: expect.stringContaining('--port 0') });
  });

  test('on an address of another machine too', async () => {
    const { openProxy } = await import('../../../../src/client/proxy/open.js');
    const opening = openProxy(async () => Promise.reject(new Error()), { address: '192.0.2.1', port: 0, home: '' });
    await expect(opening).rejects.toThrow(UsageError);
  });
});

/** However it came to that: `once` takes an error for its own. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

describe('the proxy’s own page', () => {
  test.each(['127.0.0.1:1080', 'localhost', 'localhost:1080', '[::1]:1080', '192.0.2.7:1080'])(
    'is there for %s',
    async (host) => {
      expect(await get(await proxy(), '/', { headers: { host } })).toMatchObject({
        status: 200,
        body: 'the proxy of demo\n',
      });
    },
  );

  test.each(['evil.example', 'evil.example:1080', 'localhost.evil.example', '127.0.0.1.evil.example', 'node1'])(
    'is not there for a site called %s that leads its name here',
    async (host) => {
      for (const path of ['/', '/jmx']) {
        const answer = await get(await proxy(), path, { headers: { host } });
        expect(answer.status).toBe(403);
        expect(answer.body).not.toContain('demo');
      }
    },
  );
});

async function get(
  { port }: OpenProxy,
  path: string,
  { body = '', ...options }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number | undefined; message: string | undefined; cookies: string[] | undefined; body: string }> {
  const asking = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const cookies = answer.headers['set-cookie'];
  return { status: answer.statusCode, message: answer.statusMessage, cookies, body: await text(answer) };
}
