import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    expect(asked).toBe(1);
    expect(() => engines.on('nowhere')).toThrow(/nowhere is not configured/);
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
