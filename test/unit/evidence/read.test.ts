import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { FailedError } from '../../../src/errors/index.js';
import { readEvidence } from '../../../src/evidence/index.js';
import { bundleOf } from './tars.js';

async function failure(bundle: Readable): Promise<FailedError> {
  const error = await readEvidence(bundle).then(
    () => expect.fail('it was read'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FailedError);
  expect((error as FailedError).hint).not.toBe('');
  return error as FailedError;
}

test('what is no bundle is refused', async () => {
  await failure(Readable.from(['no zstd']));
  await failure(Readable.from([zstdCompressSync(Buffer.from('no tar'.repeat(200)))]));
  await failure(Readable.from([]));
  expect((await failure(await bundleOf({ a: 'b' }))).message).toContain('it has no about.json');
  expect((await failure(await bundleOf({ 'about.json': '{' }))).message).toContain('about.json is no JSON');
});

test.each([0.3, 0.6, 0.95, 0.999])('a bundle that ends at %d of its length is refused', async (part) => {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * index * 7919) % 251));
  const whole = await buffer(await bundleOf({ 'about.json': '{}', 'n/logs/a': noise }));
  await failure(Readable.from([whole.subarray(0, Math.floor(whole.length * part))]));
});

test('a stream that fails is an error', async () => {
  const stream = new Readable({
    read() {
      this.destroy(new Error('the registry is gone'));
    },
  });
  expect((await failure(stream)).message).toContain('the registry is gone');
});

test.each(['../x', '/x', 'a/../../x', './x'])('the path %s is refused', async (path) => {
  await failure(await bundleOf({ 'about.json': '{}', [path]: 'x' }));
});

test('a few bytes that say to be more than anybody waits for are refused', async () => {
  const tar = pack();
  tar.entry({ name: 'about.json' }, '{}');
  tar.entry({ name: 'n/logs/a', size: 17e9 });
  const start: Buffer[] = [];
  tar.on('data', (chunk) => void start.push(chunk as Buffer));
  await setImmediate();
  const error = await failure(Readable.from([zstdCompressSync(Buffer.concat(start))]));
  expect(error.message).toContain('it has more than 16 GB');
});

test('links are refused', async () => {
  const tar = pack();
  tar.entry({ name: 'about.json' }, '{}');
  tar.entry({ name: 'n/x', type: 'symlink', linkname: '/etc/passwd' });
  tar.finalize();
  const error = await failure(Readable.from([zstdCompressSync(await buffer(tar))]));
  expect(error.message).toContain('n/x is a symlink');
});

test('a bundle has a folder of its own, which is no part of the paths; one of older versions has none', async () => {
  const files = { 'about.json': '{"a":1}', 'n/logs/a': 'x' };
  const inFolder = Object.fromEntries(Object.entries(files).map(([path, text]) => [`demo-evidence/${path}`, text]));
  for (const [bundle, folder] of [
    [files, ''],
    [inFolder, 'demo-evidence/'],
  ] as const) {
    const evidence = await readEvidence(await bundleOf(bundle));
    expect(evidence).toMatchObject({ folder, about: { a: 1 }, nodes: ['n'] });
    expect(evidence.text('n/logs/a')).toBe('x');
  }
  const other = await failure(await bundleOf({ ...inFolder, 'other/a': 'x' }));
  expect(other.message).toContain('other/a is not in demo-evidence/');
});
