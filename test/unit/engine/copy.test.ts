import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection } from '../../../src/engine/docker/connection.js';
import { dockerContainers } from '../../../src/engine/docker/containers.js';
import { parseStatus } from '../../../src/engine/docker/copy.js';
import type { Containers } from '../../../src/engine/index.js';
import { DiskFullError, EngineFailedError, FailedError, NotFoundError } from '../../../src/errors/index.js';

const modifiedAt = '2026-01-01T00:00:00.500Z';
const header = (status: object): string =>
  Buffer.from(JSON.stringify({ mtime: '2026-01-01T02:00:00.5+02:00', ...status })).toString('base64');

// Modes as an engine sent them for /etc/passwd, /etc, /dev/null, a socket, a named pipe and a setuid program.
test.each([
  [0o644, 'file'],
  [2 ** 31 + 0o755, 'folder'],
  [2 ** 31 + 2 ** 20 + 0o777, 'folder'],
  [2 ** 26 + 2 ** 21 + 0o666, 'other'],
  [2 ** 24 + 0o666, 'other'],
  [2 ** 25 + 0o644, 'other'],
  [2 ** 23 + 0o755, 'file'],
])('mode %i is a %s', (mode, kind) => {
  expect(parseStatus(header({ name: 'x', size: 12, mode, linkTarget: '' }), '/x')).toEqual({
    kind,
    sizeBytes: 12,
    target: '',
    modifiedAt,
  });
});

test.each([
  ['/usr/bin', '/usr/bin'],
  ['usr/bin', '/a/usr/bin'],
])('a link to %s', (linkTarget, target) => {
  const status = header({ name: 'l', size: 7, mode: 2 ** 27 + 0o777, linkTarget });
  expect(parseStatus(status, '/a/l')).toEqual({ kind: 'link', sizeBytes: 7, target, modifiedAt });
});

test.each([undefined, '', 'no base64 {', header({ mode: 'x' }), header({ mode: 1, mtime: 'x' })])(
  '%s is not understood',
  (status) => {
    expect(() => parseStatus(status, '/x')).toThrow(EngineFailedError);
  },
);

describe('an engine on a socket', () => {
  let folder: string;
  let server: Server;
  const asked: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copy-'));
    asked.length = 0;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const serve = async (answer: RequestListener): Promise<Containers> => {
    const path = join(folder, 'engine.sock');
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return dockerContainers(new Connection({ kind: 'unix', name: 'unix://x', path }));
  };
  const says = (status: number, message: string): RequestListener => {
    return (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    };
  };

  test('is asked by HEAD, and answers in a header', async () => {
    const containers = await serve((_request, response) => {
      const stat = header({ name: 'x', size: 3, mode: 0o644, linkTarget: '' });
      response.writeHead(200, { 'x-docker-container-path-stat': stat }).end();
    });
    expect(await containers.pathStatus('box', '/x')).toEqual({ kind: 'file', sizeBytes: 3, target: '', modifiedAt });
    expect(await containers.pathExists('box', '/x')).toBe(true);
    expect(asked[0]).toBe('HEAD /containers/box/archive?path=%2Fx');
  });

  test.each([404, 500])('%i to HEAD is no path, if the container is there and GET says so too', async (status) => {
    const inspected = {
      Id: 'box',
      Name: '/box',
      Config: {},
      State: {},
      NetworkSettings: { Networks: {} },
      Created: '2026-01-01T00:00:00Z',
    };
    const containers = await serve((request, response) => {
      if (request.method === 'HEAD') response.writeHead(status).end();
      else if (request.url?.endsWith('/json')) response.end(JSON.stringify(inspected));
      else says(500, 'lstat /x/y: not a directory')(request, response);
    });
    expect(await containers.pathStatus('box', '/x/y')).toBeUndefined();
    expect(await containers.pathExists('box', '/x/y')).toBe(false);
  });

  test('500 to HEAD and a real reason to GET is a failure', async () => {
    const containers = await serve((request, response) => says(500, 'input/output error')(request, response));
    await expect(containers.pathStatus('box', '/x')).rejects.toThrow(EngineFailedError);
  });

  test('404 to HEAD of a container that is not there', async () => {
    const containers = await serve(says(404, 'No such container: box'));
    await expect(containers.pathStatus('box', '/x')).rejects.toThrow(NotFoundError);
  });

  test('gets an archive as it is made', async () => {
    let received = 0;
    const containers = await serve(async (request, response) => {
      received = (await buffer(request)).length;
      response.end();
    });
    const many = Readable.from(
      (function* () {
        for (let n = 0; n < 100; n += 1) yield Buffer.alloc(65_536);
      })(),
    );
    await containers.writeArchive('box', '/a b', many);
    expect(received).toBe(100 * 65_536);
    expect(asked).toEqual(['PUT /containers/box/archive?path=%2Fa%20b&noOverwriteDirNonDir=1']);
  });

  test.each([
    [404, 'Could not find the file /none in container box', NotFoundError],
    [400, 'extraction point is not a directory', EngineFailedError],
    [500, 'write /x: no space left on device', DiskFullError],
  ])('that answers %i before it has read all', async (status, message, expected) => {
    const containers = await serve(says(status, message));
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          yield Buffer.alloc(65_536);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
    await expect(containers.writeArchive('box', '/none', endless)).rejects.toThrow(expected);
    await vi.waitFor(() => expect(endless.destroyed).toBe(true));
  });

  test('is not left waiting when the source breaks off, whose reason is told', async () => {
    const [begun, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const containers = await serve((request) => {
      request.once('data', () => begun.resolve());
      request.on('close', () => gone.resolve());
    });
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(1_000_000);
        await begun.promise;
        throw new FailedError('the file became shorter', 'again');
      })(),
    );
    await expect(containers.writeArchive('box', '/x', broken)).rejects.toThrow('the file became shorter');
    await gone.promise;
  });

  test('is not waited for when the source has nothing to give at all', async () => {
    const containers = await serve((request) => request.resume());
    const broken = Readable.from(
      (async function* () {
        yield await Promise.reject(new FailedError('permission denied', 'ask'));
      })(),
    );
    await expect(containers.writeArchive('box', '/x', broken)).rejects.toThrow('permission denied');
  });
});
