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

/** A node with a file system of its own in memory at /dev/shm, and a link that leads there. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bdsandbox-cp-'));
  asked = [];
  says = { exitCode: 0, stderr: '' };
  const there: Record<string, string> = {
    '/': 'folder',
    '/dev': 'folder',
    '/dev/shm': 'folder',
    '/dev/shm/x': 'file',
    '/etc': 'folder',
    '/n\xff': 'file',
  };
  engine = tinyEngine().when([...BARE, 'perl'], async ({ command, stdin, stdout, stderr }) => {
    const [, , script = '', first, ...words] = command.slice(BARE.length);
    if (script.includes('mountinfo')) {
      const real = text(first).replace(/^\/link/, '/dev/shm');
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

test('other paths are the engine’s, also beside what is mounted', async () => {
  expect(await cp(a(), 'demo:/etc')).toMatchObject({ bytes: 3 });
  expect(asked).toEqual([]);
  expect(String(await engine.containers.readFile('bds.demo', '/etc/a'))).toBe('abc');
});

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
