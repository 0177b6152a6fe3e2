import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemoryEngine } from '../../../../src/engine/memory/index.js';
import { ConflictError, DiskFullError, FailedError } from '../../../../src/errors/index.js';
import { BARE } from '../../../../src/node/index.js';
import { type Copied, copyFiles, createSandbox } from '../../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine } from '../fixture.js';

let folder: string;
let engine: MemoryEngine;
/** What the node's own tar was asked. */
let asked: { words: string[]; tar: Buffer }[];
let says: { exitCode: number; stderr: string };

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const text = (word = ''): string => Buffer.from(word, 'hex').toString('latin1');

const there: Record<string, 'folder' | 'file'> = {
  '/': 'folder',
  '/dev': 'folder',
  '/dev/shm': 'folder',
  '/dev/shm/x': 'file',
  '/etc': 'folder',
  '/usr/lib/bdsandbox': 'folder',
  '/usr/lib/bdsandbox/init': 'file',
  '/n\xff': 'file',
};

/** A node with a file system of its own in memory at /dev/shm, and a link that leads there. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bdsandbox-cp-'));
  asked = [];
  says = { exitCode: 0, stderr: '' };
  engine = tinyEngine().when([...BARE, 'perl'], async ({ command, stdin, stdout, stderr }) => {
    const [, , script = '', first, ...words] = command.slice(BARE.length);
    if (script.includes('mountinfo')) {
      const real = text(first)
        .replace(/^\/link/, '/dev/shm')
        .replace(/^\/turned/, '/usr/lib/bdsandbox');
      const kind = there[real] ?? 'none';
      const lines = [[kind, real, kind, real], ['/etc/hosts'], ['/dev/shm'], ['/proc']];
      await stdout(lines.map((line) => `${line.map(hex).join(' ')}\n`).join(''));
      return 0;
    }
    asked.push({ words: [text(first), ...words.map(text)], tar: await buffer(stdin) });
    await stderr(says.stderr);
    return says.exitCode;
  });
  await createSandbox(contextOf(engine), request());
  await writeFile(join(folder, 'a'), 'abc');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function cp(...words: string[]): Promise<Copied> {
  const streams = { input: Readable.from([]), output: new PassThrough() };
  return copyFiles(contextOf(engine), { words, owner: 'ann', followLinks: false, ...streams });
}
const a = (): string => join(folder, 'a');

test.each(['/dev/shm', '/dev/shm/new', '/link/', '/link/new'])('%s is reached by the tar of the node', async (path) => {
  const before = engine.callCount;
  await cp(a(), `demo:${path}`);
  expect(engine.callNames.slice(before)).not.toContain('containers.writeArchive');
  expect(asked.map(({ words }) => words.slice(0, 2))).toEqual([['/dev/shm', '--extract']]);
  expect(asked[0]?.tar.toString('latin1', 0, 3)).toBe(path.endsWith('new') ? 'new' : 'a\0\0');
});

test.each(['/etc', '/turned', '/turned/init'])('%s is written with the rights of a service', async (path) => {
  const before = engine.callCount;
  await cp(a(), `demo:${path}`);
  expect(engine.callNames.slice(before)).not.toContain('containers.writeArchive');
  expect(asked.map(({ words }) => words[0])).toEqual([path === '/etc' ? path : '/usr/lib/bdsandbox']);
});

test('what services cannot write is the engine’s, where it is named', async () => {
  await engine.containers.writeFiles('bds.demo', [{ path: '/usr/lib/bdsandbox/init', content: '' }]);
  expect(await cp(a(), 'demo:/usr/lib/bdsandbox')).toMatchObject({ bytes: 3 });
  await cp(a(), 'demo:/usr/lib/bdsandbox/init');
  expect(asked).toEqual([]);
  expect(String(await engine.containers.readFile('bds.demo', '/usr/lib/bdsandbox/a'))).toBe('abc');
  expect(String(await engine.containers.readFile('bds.demo', '/usr/lib/bdsandbox/init'))).toBe('abc');
});

test('who is led to it by a link is not told how to write there', async () => {
  says = { exitCode: 2, stderr: 'tar: a: Cannot open: Read-only file system\n' };
  await expect(cp(a(), 'demo:/turned')).rejects.toMatchObject({ hint: 'a link leads there: name another place' });
  await expect(cp(a(), 'demo:/etc')).rejects.toMatchObject({ hint: expect.stringContaining('--privileged') });
});

test.each(['/turned', '/turned/init', '/data/turned/new'])(
  '%s of a node that stands still is refused',
  async (path) => {
    await engine.containers.stop('bds.demo', { graceMs: 0 });
    const { pathStatus } = engine.containers;
    const plain = { sizeBytes: 0, target: '', modifiedAt: '2026-01-01T00:00:00.000Z' };
    engine.containers.pathStatus = async (id, at) => {
      const real = at.replace(/^(\/data)?\/turned/, '/usr/lib/bdsandbox');
      if (/^(\/data)?\/turned$/.test(at)) return { ...plain, kind: 'link', target: real };
      const kind = there[real];
      return kind ? { ...plain, kind } : pathStatus(id, at);
    };
    const copying = cp(a(), `demo:${path}`);
    await expect(copying).rejects.toThrow(ConflictError);
    await expect(copying).rejects.toThrow(`${path} leads to /usr/lib/bdsandbox/`);
  },
);

test('a folder that something is mounted in is reached from inside', async () => {
  await cp(`${folder}/.`, 'demo:/dev');
  expect(asked.map(({ words }) => words[0])).toEqual(['/dev']);
});

test('a path that is no text is reached from inside', async () => {
  await expect(cp('demo:/n\udcff', join(folder, 'b'))).resolves.toMatchObject({ from: ['demo:/n\\xff'] });
  expect(asked.map(({ words }) => words)).toEqual([['/', '--create', '--file=-', '--format=gnu', '--', 'n\xff']]);
});

test.each([
  [{ exitCode: 2, stderr: 'tar: a: Cannot write: No space left on device\n' }, DiskFullError],
  [{ exitCode: 2, stderr: 'tar: a: Cannot open: Read-only file system\n' }, FailedError],
])('what tar says is told: %j', async (said, expected) => {
  says = said;
  await expect(cp(a(), 'demo:/dev/shm')).rejects.toThrow(expected);
  await expect(cp(a(), 'demo:/dev/shm')).rejects.toThrow(said.stderr.trim());
  await expect(cp('demo:/dev/shm/x', folder)).rejects.toThrow('cannot read /dev/shm in the node: tar: a: ');
});

test('a copy that is given up does not leave the tar of the node waiting', async () => {
  engine.when(
    (command) => command.includes(hex('--create')),
    async ({ stdout }) => {
      await stdout('x'.repeat(512));
      await new Promise(() => undefined);
    },
  );
  const exec = vi.spyOn(engine.containers, 'exec');
  await expect(cp('demo:/dev/shm/x', folder)).rejects.toThrow('the archive cannot be read');
  await expect(exec.mock.results.at(-1)?.value).rejects.toThrow();
});

test('a node that does not run refuses what it would not show later', async () => {
  await engine.containers.writeFiles('bds.demo', [{ path: '/dev/beneath', content: '' }]);
  for (const [state, next] of [
    ['paused', 'resume'],
    ['stopped', 'start'],
  ] as const) {
    if (state === 'paused') await engine.containers.pause('bds.demo');
    else {
      await engine.containers.unpause('bds.demo');
      await engine.containers.stop('bds.demo', { graceMs: 0 });
    }
    for (const path of ['/dev/x', '/n\udcff']) {
      const copying = cp(a(), `demo:${path}`);
      await expect(copying).rejects.toThrow(ConflictError);
      await expect(copying).rejects.toMatchObject({ hint: `bdsandbox ${next} demo, and copy then` });
    }
    await cp(a(), 'demo:/etc');
  }
  await cp('demo:/etc/a', join(folder, 'b'));
  expect(await readFile(join(folder, 'b'), 'utf8')).toBe('abc');
});
