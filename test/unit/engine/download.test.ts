import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Connection } from '../../../src/engine/docker/connection.js';
import { dockerImages } from '../../../src/engine/docker/images.js';
import type { Images } from '../../../src/engine/index.js';
import { DiskFullError, EngineFailedError, EngineUnreachableError, NotFoundError } from '../../../src/errors/index.js';

const END = Buffer.alloc(1024);

describe('an archive that the engine sends', () => {
  let folder: string;
  let server: Server;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'download-'));
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const serve = async (answer: RequestListener): Promise<Images> => {
    const path = join(folder, 'engine.sock');
    server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return dockerImages(new Connection({ kind: 'unix', name: 'unix://x', path }), {}, async () => 'docker');
  };

  test('whole, in small pieces; the references are asked for one by one', async () => {
    let url: string | undefined;
    const images = await serve(async (request, response) => {
      url = request.url;
      for (const byte of [Buffer.from('data'), ...Array.from({ length: 1024 }, () => Buffer.alloc(1))]) {
        response.write(byte);
      }
      response.end();
    });
    expect(await buffer(await images.save(['a:1', 'b:2']))).toEqual(Buffer.concat([Buffer.from('data'), END]));
    expect(url).toBe('/images/get?names=a%3A1&names=b%3A2');
  });

  test('with the reason for its end behind what there is of it', async () => {
    const reason = 'write /var/lib/docker/tmp/x: no space left on device';
    const images = await serve((_request, response) => {
      response.write(Buffer.alloc(20_000, 'a'));
      response.end(JSON.stringify({ errorDetail: { message: reason }, error: reason }));
    });
    await expect(buffer(await images.save(['a']))).rejects.toThrow(DiskFullError);
  });

  test('that ends too early', async () => {
    const images = await serve((_request, response) => response.end(Buffer.alloc(5000, 'a')));
    const failed = buffer(await images.save(['a']));
    await expect(failed).rejects.toThrow(EngineFailedError);
    await expect(failed).rejects.toThrow('cannot save a: the archive breaks off in the middle');
  });

  test('whose connection is lost', async () => {
    const images = await serve((_request, response) => {
      response.write(Buffer.alloc(5000, 'a'));
      setTimeout(() => response.destroy(), 50);
    });
    await expect(buffer(await images.save(['a']))).rejects.toThrow(EngineUnreachableError);
  });

  test('of something that is not there', async () => {
    const images = await serve((_request, response) => {
      response.writeHead(404).end('{"message":"No such image: a"}');
    });
    await expect(images.save(['a'])).rejects.toThrow(NotFoundError);
  });

  test('whose reader goes away before it has read anything', async () => {
    const closed = Promise.withResolvers<void>();
    const images = await serve((request, response) => {
      request.socket.once('close', () => closed.resolve());
      response.write(Buffer.alloc(1_000_000));
    });
    (await images.save(['a'])).destroy();
    await closed.promise;
  });
});
