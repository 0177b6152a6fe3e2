import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
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
import { extract, type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { packLocal } from '../../../../src/sandbox/copy/pack.js';
import { renamed } from '../../../../src/sandbox/copy/rename.js';
import { unpackLocal } from '../../../../src/sandbox/copy/unpack.js';

/** What happens just before a file is opened. */
const openHook = vi.hoisted(() => ({ next: async (_file: string): Promise<void> => undefined }));
vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  return {
    ...real,
    open: async (...words: Parameters<typeof real.open>) => {
      await openHook.next(String(words[0]));
      return real.open(...words);
    },
  };
});

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

const hearing = {
  onSkipped: (what: string): void => {
    throw new Error(`skipped ${what}`);
  },
  onContent: (): void => undefined,
};

async function headers(tar: Readable): Promise<Map<string, Header & { text: string }>> {
  const found = new Map<string, Header & { text: string }>();
  for await (const entry of tar.pipe(extract())) {
    found.set(entry.header.name.replace(/\/$/, ''), {
      ...entry.header,
      text: String(await buffer(entry as unknown as Readable)),
    });
  }
  return found;
}

test('what is packed and unpacked is as it was, but belongs to root on the way', async () => {
  const tar = packLocal(here('src'), { root: 'src', followLinks: false, ...hearing });
  const bytes = await buffer(tar);
  const found = await headers(Readable.from([bytes]));
  expect([...new Set([...found.values()].map(({ uid, gid }) => `${uid}:${gid}`))]).toEqual(['0:0']);
  await mkdir(here('out'));
  await unpackLocal(Readable.from([bytes]), { folder: here('out'), root: 'copy' }, hearing.onSkipped);
  expect((await readdir(here('out/copy'))).sort()).toEqual([LONG, 'broken', 'deep', 'empty', 'link'].sort());
  expect(await readlink(here('out/copy/link'))).toBe('deep/run');
  const run = await lstat(here('out/copy/deep/run'));
  expect([run.mode & 0o777, run.mtime]).toEqual([0o750, TIME]);
  expect((await lstat(here('out/copy/deep'))).mode & 0o777).toBe(0o711);
  expect(await readFile(here('out/copy', LONG), 'utf8')).toBe('long');
});

test('without a root its content goes right into the folder', async () => {
  const tar = packLocal(here('src'), { root: '', followLinks: false, ...hearing });
  expect([...(await headers(tar)).keys()].sort()).toEqual([LONG, 'broken', 'deep', 'deep/run', 'empty', 'link'].sort());
});

test('links are followed when asked, and a link with a slash at its end is its folder', async () => {
  await rm(here('src/broken'));
  const followed = packLocal(here('src'), { root: 'src', followLinks: true, ...hearing });
  expect((await headers(followed)).get('src/link')).toMatchObject({ type: 'file', text: 'run' });
  await symlink('src', here('to-src'));
  const itself = packLocal(here('to-src'), { root: 'x', followLinks: false, ...hearing });
  expect([...(await headers(itself)).values()]).toMatchObject([{ name: 'x', type: 'symlink', linkname: 'src' }]);
  const through = packLocal(`${here('to-src')}/`, { root: 'x', followLinks: false, ...hearing });
  expect((await headers(through)).get('x/deep/run')?.text).toBe('run');
});

test('a socket is left out, and named', async () => {
  const server = createServer().listen(here('src/socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const skipped: string[] = [];
  const tar = packLocal(here('src'), {
    root: 's',
    followLinks: false,
    ...hearing,
    onSkipped: (what) => skipped.push(what),
  });
  expect((await headers(tar)).has('s/socket')).toBe(false);
  expect(skipped).toEqual([here('src/socket')]);
  server.close();
});

test('a file that grows while it is read is as long as it was', async () => {
  await writeFile(here('src/log'), 'x'.repeat(500_000));
  const tar = packLocal(here('src/log'), { root: 'log', followLinks: false, ...hearing });
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
  const tar = packLocal(here('src/log'), { root: 'log', followLinks: false, ...hearing });
  const reading = (async () => {
    let cut = false;
    for await (const _ of tar) {
      if (!cut) await writeFile(here('src/log'), 'short');
      cut = true;
    }
  })();
  await expect(reading).rejects.toThrow(/became shorter/);
});

test('another name for the whole of it, and for hard links in it', async () => {
  await link(here('src/deep/run'), here('src/again'));
  const tar = packLocal(here('src'), { root: 'src', followLinks: false, ...hearing });
  const found = await headers(renamed(tar, 'other', hearing));
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
  await expect(buffer(renamed(broken, 'x', hearing))).rejects.toThrow();
});

test('content alone is counted', async () => {
  let counted = 0;
  const onContent = (bytes: number): void => {
    counted += bytes;
  };
  await buffer(packLocal(here('src'), { root: 'src', followLinks: false, ...hearing, onContent }));
  expect(counted).toBe('run'.length + 'long'.length);
});

describe('names that are no text', () => {
  const bytes = (...parts: (string | number)[]): Buffer =>
    Buffer.concat([
      Buffer.from(`${folder}/`),
      ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))),
    ]);

  test('travel byte for byte, in files, folders, links and long names', async () => {
    const long = 'x'.repeat(120);
    await mkdir(bytes('src/d', 0xe9));
    for (const last of [0xff, 0xfe]) await writeFile(bytes('src/n', last), `${last}`);
    await writeFile(bytes('src/d', 0xe9, '/', 0xc3, long), 'long');
    await writeFile(bytes('src/grün'), 'text');
    await symlink(Buffer.from([0x6e, 0xff]), bytes('src/l', 0xff));
    const tar = packLocal(here('src'), { root: 'src', followLinks: false, ...hearing });
    await mkdir(here('out'));
    await unpackLocal(renamed(tar, 'other', hearing), { folder: here('out'), root: 'copy' }, hearing.onSkipped);
    const found = await readdir(bytes('out/copy'), { encoding: 'buffer' });
    for (const name of [[0x6e, 0xff], [0x6e, 0xfe], [0x64, 0xe9], [0x6c, 0xff], [...Buffer.from('grün')]]) {
      expect(found.some((each) => each.equals(Buffer.from(name)))).toBe(true);
    }
    expect(String(await readFile(bytes('out/copy/n', 0xff)))).toBe('255');
    expect(String(await readFile(bytes('out/copy/n', 0xfe)))).toBe('254');
    expect(String(await readFile(bytes('out/copy/d', 0xe9, '/', 0xc3, long)))).toBe('long');
    expect(await readlink(bytes('out/copy/l', 0xff), { encoding: 'buffer' })).toEqual(Buffer.from([0x6e, 0xff]));
  });

  test('are told as bytes', async () => {
    await writeFile(bytes('src/n', 0xff), 'x'.repeat(1_000_000));
    const tar = packLocal(here('src/n\udcff'), { root: 's', followLinks: false, ...hearing });
    const reading = (async () => {
      for await (const _ of tar) await writeFile(bytes('src/n', 0xff), '');
    })();
    await expect(reading).rejects.toThrow(`${folder}/src/n\\xff became shorter`);
  });
});

describe('somebody who swaps things for links meanwhile', () => {
  test('gets no file of another place into the archive', async () => {
    await writeFile(here('secret'), 'secret');
    await mkdir(here('elsewhere/'));
    await writeFile(here('elsewhere/run'), 'secret');
    for (const [what, target] of [
      ['src/deep', here('elsewhere')],
      ['src/empty', here('secret')],
    ] as const) {
      const real = openHook.next;
      openHook.next = async (file) => {
        if (!file.endsWith(`/${what.split('/')[1]}`)) return;
        openHook.next = real;
        await rm(here(what), { recursive: true });
        await symlink(target, here(what));
      };
      const tar = packLocal(here('src'), { root: 's', followLinks: false, ...hearing });
      await expect(buffer(tar)).rejects.toThrow(/changed while it was read/);
    }
  });

  test('gets no file written to another place', async () => {
    await mkdir(here('elsewhere'));
    await mkdir(here('out'));
    const archive = pack();
    archive.entry({ name: 'data', type: 'directory' });
    archive.entry({ name: 'data/sub', type: 'directory' });
    archive.entry({ name: 'data/sub/one' }, 'x'.repeat(100));
    archive.entry({ name: 'data/sub/two' }, 'x'.repeat(100));
    archive.finalize();
    const swapping = async function* (): AsyncGenerator<Buffer> {
      const all = await buffer(archive as unknown as Readable);
      const second = all.indexOf('data/sub/two');
      yield all.subarray(0, second);
      await rename(here('out/copy/sub'), here('out/moved'));
      await symlink(here('elsewhere'), here('out/copy/sub'));
      yield all.subarray(second);
    };
    await unpackLocal(swapping(), { folder: here('out'), root: 'copy' }, hearing.onSkipped);
    expect(await readdir(here('elsewhere'))).toEqual([]);
    expect((await readdir(here('out/moved'))).sort()).toEqual(['one', 'two']);
  });
});
