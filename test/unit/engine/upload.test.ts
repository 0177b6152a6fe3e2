import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { upload } from '../../../src/engine/docker/upload.js';
import { EngineFailedError } from '../../../src/errors/index.js';

const docker = { info: () => Promise.reject(new Error('no engine')) } as unknown as Dockerode;

const unheard = (): Promise<void> => Promise.resolve();
let server: Server;

beforeEach(() => {
  server = createServer();
});

afterEach(() => {
  vi.useRealTimers();
  server.close();
  server.closeAllConnections();
});

test('an engine that does not read on is given up, and so is the request', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const source = Readable.from([Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]);
  let failed: Error | undefined;
  const send = (body: Readable): Promise<never> => {
    body.once('error', (error) => {
      failed = error;
    });
    return new Promise(() => undefined);
  };
  const uploading = upload(docker, 'load images', source, send, unheard);
  const outcome = expect(uploading).rejects.toThrow(EngineFailedError);
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(180_000);
  await outcome;
  await new Promise((resolve) => setImmediate(resolve));
  expect(failed?.message).toContain('does not read on');
});

test('an engine that neither reads nor answers is given up too', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const asked: unknown[] = [];
  const stuck = {
    info: (options: { readonly abortSignal?: AbortSignal }) => {
      asked.push(options.abortSignal);
      return Promise.reject(new Error('no answer'));
    },
  } as unknown as Dockerode;
  const source = Readable.from([Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]);
  const uploading = upload(stuck, 'load images', source, () => new Promise<never>(() => undefined), unheard);
  const outcome = expect(uploading).rejects.toThrow(EngineFailedError);
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(180_000);
  await outcome;
  expect(asked).toEqual([expect.any(AbortSignal)]);
});

test('an engine that has got all and says nothing is given up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const send = async (body: Readable): Promise<never> => {
    body.resume();
    await once(body, 'end');
    // Until then it unpacks.
    vi.advanceTimersByTime(540_000);
    setImmediate(() => vi.advanceTimersByTime(60_000));
    return new Promise(() => undefined);
  };
  const uploading = upload(docker, 'load images', Readable.from([Buffer.from('a')]), send, unheard);
  await expect(uploading).rejects.toThrow('cannot load images: the engine has all of it, and does not answer');
});

test('an engine that answers late is heard', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const send = async (body: Readable): Promise<string> => {
    body.resume();
    await once(body, 'end');
    vi.advanceTimersByTime(540_000);
    return 'done';
  };
  const heard: string[] = [];
  await upload(docker, 'load images', Readable.from([Buffer.from('a')]), send, async (answer) => {
    vi.advanceTimersByTime(3_600_000);
    heard.push(answer);
  });
  expect(heard).toEqual(['done']);
});

test('a body that flows is left alone, however long it takes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const source = Readable.from([Buffer.from('a'), Buffer.from('b')]);
  let sent = '';
  const send = async (body: Readable): Promise<void> => {
    for await (const chunk of body) {
      vi.advanceTimersByTime(120_000);
      sent += String(chunk);
    }
  };
  await upload(docker, 'load images', source, send, unheard);
  expect(sent).toBe('ab');
});

/** To the server; as the client sends. */
async function post(body: Readable): Promise<Readable> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sending = request({ host: '127.0.0.1', port, method: 'POST' });
  body.on('error', (error) => sending.destroy(error));
  sending.on('error', () => undefined);
  body.pipe(sending);
  const [answer] = (await once(sending, 'response')) as [Readable];
  return answer;
}

test('an engine whose answer begins before it has read all gets the rest', async () => {
  let bytes = 0;
  server.on('request', async (asked, answer) => {
    answer.writeHead(200);
    answer.write('{"stream":"reading"}\n');
    for await (const chunk of asked as AsyncIterable<Buffer>) bytes += chunk.length;
    answer.end();
  });
  const slow = async function* (): AsyncGenerator<Buffer> {
    for (let part = 0; part < 5; part += 1) {
      yield Buffer.alloc(100_000);
      await sleep(10);
    }
  };
  let said = '';
  await upload(docker, 'load images', Readable.from(slow()), post, async (answer) => {
    for await (const chunk of answer) said += String(chunk);
  });
  expect({ said, bytes }).toEqual({ said: '{"stream":"reading"}\n', bytes: 500_000 });
});

test('an engine whose answer ends before it has read all gets no more, and the request is gone', async () => {
  server.on('request', (_asked, answer) => void answer.end('{"error":"no"}\n'));
  const endless = Readable.from(
    (async function* (): AsyncGenerator<Buffer> {
      for (;;) {
        yield Buffer.alloc(100_000);
        await sleep(1);
      }
    })(),
  );
  await upload(docker, 'load images', endless, post, async (answer) => {
    for await (const _ of answer);
  });
  await vi.waitFor(() => expect(endless.destroyed).toBe(true));
  await vi.waitFor(async () => {
    const open = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
    expect(open).toBe(0);
  });
});
