import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { mostMemory, unpackScript } from '../../../../src/snapshot/share/memory.js';

const NODE = {
  name: 'node1',
  image: '',
  digest: '',
  layers: 1,
  layerBytes: 0,
  memoryBytes: 1000,
  deletedFilesBytes: 0,
  processes: 1,
};

type Entries = readonly (Partial<Header> & { readonly name: string; readonly content?: string | Buffer })[];

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bdsandbox-unpack-'));
  // Images have zstd, and a machine that runs tests need not.
  const code = "process.stdin.pipe(require('node:zlib').createZstdDecompress()).pipe(process.stdout)";
  await writeFile(path.join(root, 'zstd'), `#!/bin/sh\nexec "${process.execPath}" -e "${code}"\n`, { mode: 0o755 });
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(root, 'memory-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function unpack(entries: Entries) {
  const tar = pack();
  for (const { content, ...header } of entries) {
    if (content === undefined) tar.entry(header);
    else tar.entry(header, content);
  }
  tar.finalize();
  const packed = zstdCompressSync(await buffer(Readable.from(tar, { objectMode: false })));
  const bash = spawn('bash', ['-euo', 'pipefail', '-c', unpackScript(folder, NODE)], {
    env: { ...process.env, PATH: `${root}:${process.env['PATH']}` },
  });
  bash.stdin.on('error', () => undefined).end(packed);
  const [[code], said] = await Promise.all([once(bash, 'exit'), text(bash.stderr)]);
  return { code, said, there: await readdir(folder) };
}

test('files and folders come as they are', async () => {
  const done = await unpack([
    { name: './', type: 'directory' },
    { name: './pages-1.img', content: 'one' },
    { name: './deep/core-7.img', content: 'two' },
  ]);
  expect(done).toMatchObject({ code: 0, there: ['node1'] });
  expect(await readFile(path.join(folder, 'node1/deep/core-7.img'), 'utf8')).toBe('two');
});

test.each<[string, Entries, RegExp]>([
  ['a link that leads out', [{ name: 'pages-1.img', type: 'symlink', linkname: '/etc/shadow' }], /link or a device/],
  [
    'a hard link',
    [
      { name: 'a', content: 'x' },
      { name: 'b', type: 'link', linkname: 'a' },
    ],
    /link or a device/,
  ],
  ['a pipe', [{ name: 'a', type: 'fifo' }], /link or a device/],
  ['more than its manifest says', [{ name: 'pages-1.img', content: Buffer.alloc(mostMemory(NODE) + 1) }], /larger/],
  ['a name that leads out', [{ name: '../../out', content: 'x' }], /no memory image/],
])('%s is refused, and nothing of it is there', async (_, entries, words) => {
  const { code, said, there } = await unpack(entries);
  expect([code, said]).toEqual([1, expect.stringMatching(words)]);
  expect(there).not.toContain('node1');
  expect(await readdir(root)).not.toContain('out');
});

test('an absolute name stays inside', async () => {
  expect(await unpack([{ name: path.join(root, 'absolute'), content: 'x' }])).toMatchObject({ code: 0 });
  expect(await readdir(root)).not.toContain('absolute');
});
