import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packLocal } from '../../../../src/sandbox/copy/pack.js';
import { renamed } from '../../../../src/sandbox/copy/rename.js';
import { unpackLocal } from '../../../../src/sandbox/copy/unpack.js';

const TIME = new Date('2020-02-02T02:02:02Z');
const LONG = 'a-name-of-more-than-a-hundred-characters-'.repeat(4);
let folder: string;
const here = (...parts: string[]): string => join(folder, ...parts);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bdsandbox-pack-'));
  await mkdir(here('src/deep'), { recursive: true });
  await writeFile(here('src/deep/run'), 'run', { mode: 0o640 });
  await chmod(here('src/deep/run'), 0o750);
  await writeFile(here('src/empty'), '');
  await writeFile(here('src', LONG), 'long');
  await symlink('deep/run', here('src/link'));
  await symlink('nowhere', here('src/broken'));
  await utimes(here('src/deep/run'), TIME, TIME);
  await chmod(here('src/deep'), 0o711);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const onSkipped = (what: string): void => {
  throw new Error(`skipped ${what}`);
};

async function headers(tar: Readable): Promise<Map<string, Header & { text: string }>> {
  const found = new Map<string, Header & { text: string }>();
  for await (const entry of tar.pipe(extract())) {
    found.set(entry.header.name, { ...entry.header, text: String(await buffer(entry as unknown as Readable)) });
  }
  return found;
}

test('what is packed and unpacked is as it was, but belongs to root on the way', async () => {
  const { tar } = await packLocal(here('src'), { root: 'src', followLinks: false, onSkipped });
  const bytes = await buffer(tar);
  const found = await headers(Readable.from([bytes]));
  expect([...new Set([...found.values()].map(({ uid, gid }) => `${uid}:${gid}`))]).toEqual(['0:0']);
  await mkdir(here('out'));
  await unpackLocal(Readable.from([bytes]), { folder: here('out'), root: 'copy' }, onSkipped);
  expect((await readdir(here('out/copy'))).sort()).toEqual([LONG, 'broken', 'deep', 'empty', 'link'].sort());
  expect(await readlink(here('out/copy/link'))).toBe('deep/run');
  const run = await lstat(here('out/copy/deep/run'));
  expect([run.mode & 0o777, run.mtime]).toEqual([0o750, TIME]);
  expect((await lstat(here('out/copy/deep'))).mode & 0o777).toBe(0o711);
  expect(await readFile(here('out/copy', LONG), 'utf8')).toBe('long');
});

test('without a root its content goes right into the folder', async () => {
  const { tar } = await packLocal(here('src'), { root: '', followLinks: false, onSkipped });
  expect([...(await headers(tar)).keys()].sort()).toEqual([LONG, 'broken', 'deep', 'deep/run', 'empty', 'link'].sort());
});

test('links are followed when asked, and a link with a slash at its end is its folder', async () => {
  await rm(here('src/broken'));
  const followed = await packLocal(here('src'), { root: 'src', followLinks: true, onSkipped });
  expect((await headers(followed.tar)).get('src/link')).toMatchObject({ type: 'file', text: 'run' });
  await symlink('src', here('to-src'));
  const itself = await packLocal(here('to-src'), { root: 'x', followLinks: false, onSkipped });
  expect([...(await headers(itself.tar)).values()]).toMatchObject([{ name: 'x', type: 'symlink', linkname: 'src' }]);
  const through = await packLocal(`${here('to-src')}/`, { root: 'x', followLinks: false, onSkipped });
  expect((await headers(through.tar)).get('x/deep/run')?.text).toBe('run');
});

test('a socket is left out, and named', async () => {
  const server = createServer().listen(here('src/socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const skipped: string[] = [];
  const { tar } = await packLocal(here('src'), {
    root: 's',
    followLinks: false,
    onSkipped: (what) => skipped.push(what),
  });
  expect((await headers(tar)).has('s/socket')).toBe(false);
  expect(skipped).toEqual([here('src/socket')]);
  server.close();
});

test('a file that grows while it is read is as long as it was', async () => {
  await writeFile(here('src/log'), 'x'.repeat(500_000));
  const { tar } = await packLocal(here('src/log'), { root: 'log', followLinks: false, onSkipped });
  let grown = false;
  const growing = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of tar) {
      if (!grown) await writeFile(here('src/log'), 'y'.repeat(1000), { flag: 'a' });
      grown = true;
      yield chunk as Buffer;
    }
  };
  expect((await headers(Readable.from(growing()))).get('log')?.text).toHaveLength(500_000);
});

test('a file that shrinks is an error of the archive, and told', async () => {
  await writeFile(here('src/log'), 'x'.repeat(2_000_000));
  const { tar, failure } = await packLocal(here('src/log'), { root: 'log', followLinks: false, onSkipped });
  const reading = (async () => {
    let cut = false;
    for await (const _ of tar) {
      if (!cut) await writeFile(here('src/log'), 'short');
      cut = true;
    }
  })();
  await expect(reading).rejects.toThrow();
  expect(String(failure())).toMatch(/became shorter/);
});

test('another name for the whole of it, and for hard links in it', async () => {
  await link(here('src/deep/run'), here('src/again'));
  const { tar } = await packLocal(here('src'), { root: 'src', followLinks: false, onSkipped });
  const found = await headers(await renamed(tar, 'other'));
  expect(found.get('other/deep/run')).toMatchObject({ text: 'run', mode: 0o750, mtime: TIME });
  expect(found.get(`other/${LONG}`)?.text).toBe('long');
  expect(found.get('other/link')).toMatchObject({ type: 'symlink', linkname: 'deep/run' });
  expect([...found.keys()].every((name) => name.startsWith('other'))).toBe(true);
});

test('a source that breaks off breaks what is renamed too', async () => {
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(100);
      throw new Error('the line is dead');
    })(),
  );
  await expect(buffer(await renamed(broken, 'x'))).rejects.toThrow();
});
