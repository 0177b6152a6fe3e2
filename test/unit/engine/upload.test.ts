import { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { afterEach, expect, test, vi } from 'vitest';
import { upload } from '../../../src/engine/docker/upload.js';
import { EngineFailedError } from '../../../src/errors/index.js';

const docker = { info: () => Promise.reject(new Error('no engine')) } as unknown as Dockerode;

afterEach(() => {
  vi.useRealTimers();
});

test('an engine that does not read on is given up, and so is the request', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const source = Readable.from([Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]);
  let failed: Error | undefined;
  const uploading = upload(docker, 'load images', source, (body) => {
    body.once('error', (error) => {
      failed = error;
    });
    return new Promise<never>(() => undefined);
  });
  const outcome = expect(uploading).rejects.toThrow(EngineFailedError);
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(180_000);
  await outcome;
  await new Promise((resolve) => setImmediate(resolve));
  expect(failed?.message).toContain('does not read on');
});

test('a body that flows is left alone, however long it takes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const source = Readable.from([Buffer.from('a'), Buffer.from('b')]);
  const sent = await upload(docker, 'load images', source, async (body) => {
    let all = '';
    for await (const chunk of body) {
      vi.advanceTimersByTime(120_000);
      all += String(chunk);
    }
    return all;
  });
  expect(sent).toBe('ab');
});
