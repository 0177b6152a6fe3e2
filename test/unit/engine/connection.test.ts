import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import url from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection } from '../../../src/engine/docker/connection.js';
import { dockerContainers } from '../../../src/engine/docker/containers.js';
import { createDockerEngines } from '../../../src/engine/docker/index.js';

describe('a connection to something that speaks HTTP on a socket', () => {
  let folder: string;
  let path: string;
  let server: Server & { closeAllConnections(): void };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'connection-'));
    path = join(folder, 'engine.sock');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const serve = (answer: RequestListener): Promise<void> =>
    new Promise((resolve) => {
      const http = createHttpServer(answer);
      server = http;
      http.listen(path, resolve);
    });

  test('an engine that hangs is given up', async () => {
    await serve(() => undefined);
    const connection = new Connection({ kind: 'unix', name: 'unix://x', path }, { soonMs: 200 });
    await expect(dockerContainers(connection).list({})).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: 'cannot list containers: the engine at unix://x did not answer within 0.2 s',
    });
  });

  test('over TCP: the same, and nothing that Node warns of', async () => {
    const http = createHttpServer((request, response) => response.end(JSON.stringify([request.url])));
    server = http;
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    // It warns of this in each run of a bundle.
    const parse = vi.spyOn(url, 'parse');
    vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:1');
    const connection = new Connection({ kind: 'tcp', name: 'tcp://x', host: '127.0.0.1', port, tls: undefined });
    const ask = () => connection.ask({ action: 'ask' }, (docker) => docker.listContainers({ all: true }));
    expect(await ask()).toEqual(['/containers/json?all=true']);
    expect(await ask()).toEqual(['/containers/json?all=true']);
    expect(parse.mock.calls).toEqual([]);
    parse.mockRestore();
  });

  test('DOCKER_HOST of the process does not leak into a connection to elsewhere', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:1');
    await serve((_request, response) => response.end('[]'));
    const connection = new Connection({ kind: 'unix', name: 'unix://x', path });
    expect(await dockerContainers(connection).list({})).toEqual([]);
  });

  test('a container is described in the body, and only named in the URL', async () => {
    const seen: { url: string | undefined; body: string }[] = [];
    await serve(async (request, response) => {
      seen.push({ url: request.url, body: await bodyOf(request) });
      response.writeHead(201).end('{"Id":"abc"}');
    });
    const connection = new Connection({ kind: 'unix', name: 'unix://x', path });
    const id = await dockerContainers(connection).create({
      name: 'n',
      image: 'i',
      hostname: 'h',
      labels: { secret: 'value' },
      environment: { A: 'b' },
      network: { name: 'net', address: '10.0.0.5' },
    });
    expect(id).toBe('abc');
    expect(seen[0]?.url).toBe('/containers/create?name=n');
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      Image: 'i',
      Env: ['A=b'],
      HostConfig: { NetworkMode: 'net', RestartPolicy: { Name: 'no' } },
      NetworkingConfig: { EndpointsConfig: { net: { IPAMConfig: { IPv4Address: '10.0.0.5' } } } },
    });
  });

  test('a conversation is asked for without a body, which Podman would give to the process', async () => {
    let head = '';
    const tcp = createTcpServer((socket) => {
      socket.on('data', (data: Buffer) => {
        head += data.toString();
        if (head.endsWith('\r\n\r\n')) {
          socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
        }
        if (head.endsWith('word\n')) socket.end();
      });
    });
    server = Object.assign(tcp, { closeAllConnections: () => undefined });
    await new Promise<void>((resolve) => tcp.listen(path, resolve));
    const connection = new Connection({ kind: 'unix', name: 'unix://x', path });
    const stdin = new PassThrough();
    const { ended } = await dockerContainers(connection).attach('id', { stdin, stdout: new PassThrough() });
    stdin.write('word\n');
    await ended;
    const [headers, said] = head.split('\r\n\r\n');
    expect(headers).toMatch(/^POST \/containers\/id\/attach\?stream=true&stdin=true&stdout=true&stderr=true HTTP/);
    expect(headers).toMatch(/^content-length: 0$/im);
    expect(said).toBe('word\n');
  });

  test('engines: home is named by the engine itself, others by the configuration, unasked', async () => {
    let asked = 0;
    await serve((request, response) => {
      asked += 1;
      response.end(request.url === '/info' ? '{"Name":"machine","NCPU":4}' : '{}');
    });
    const engines = await createDockerEngines({
      endpoint: path,
      others: [{ host: 'far', endpoint: 'tcp://192.0.2.1:2375' }],
    });
    expect([engines.home, engines.hosts]).toEqual(['machine', ['machine', 'far']]);
    expect(await engines.on('machine').info()).toMatchObject({ name: 'machine', cpus: 4 });
    expect((await engines.on('machine').info()).product).toBe('docker');
    expect(asked).toBe(1);
    expect(() => engines.on('nowhere')).toThrow(/nowhere is not configured/);
  });

  const NAMES = [
    'docker.io/bdsandbox/tiny:1',
    'localhost/bdsandbox/tiny:1',
    'docker.io/library/x:1',
    '127.0.0.1:5000/a:1',
  ];

  test.each([
    [{ BuildahVersion: '1.39.3' }, 'podman', ['bdsandbox/tiny:1', 'x:1', '127.0.0.1:5000/a:1']],
    [{}, 'docker', NAMES],
  ])(
    'Podman is told by what it says of itself, %j, and names images as they were given',
    async (more, product, references) => {
      await serve((request, response) => {
        const image = { Id: 'i', RepoTags: NAMES, Labels: {}, Size: 1, Created: 0, Config: {}, RootFS: {} };
        const info = { Name: 'machine', ServerVersion: '5.4.2', ...more };
        const answers = { '/info': info, '/images/x/json': image };
        response.end(JSON.stringify(answers[request.url as keyof typeof answers] ?? [image]));
      });
      const engine = (await createDockerEngines({ endpoint: path })).on('machine');
      expect(await engine.info()).toMatchObject({ product, version: '5.4.2' });
      expect((await engine.images.inspect('x'))?.references).toEqual(references);
      expect((await engine.images.list({}))[0]?.references).toEqual(references);
    },
  );
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
