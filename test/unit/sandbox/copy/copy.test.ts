import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../../src/engine/memory/index.js';
import {
  ConflictError,
  EngineFailedError,
  FailedError,
  InterruptedError,
  NotFoundError,
  UsageError,
} from '../../../../src/errors/index.js';
import type { FlowEvent } from '../../../../src/events/index.js';
import { type Copied, copyFiles, createSandbox, type FlowContext } from '../../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, withNodeTar } from '../fixture.js';

let folder: string;
let engine: MemoryEngine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bdsandbox-cp-'));
  engine = withNodeTar(tinyEngine());
  await createSandbox(contextOf(engine), request());
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Streams {
  readonly input?: Readable;
  readonly output?: Writable;
  readonly followLinks?: boolean;
}

function cp(words: readonly string[], streams: Streams = {}, more: Partial<FlowContext> = {}): Promise<Copied> {
  const { input = Readable.from([]), output = new PassThrough(), followLinks = false } = streams;
  return copyFiles(contextOf(engine, more), { words, owner: 'ann', followLinks, input, output });
}

const inNode = async (path: string, node = 'bds.demo'): Promise<string | undefined> =>
  (await engine.containers.readFile(node, path))?.toString();
const put = (path: string, content = 'content', node = 'bds.demo'): Promise<void> =>
  engine.containers.writeFiles(node, [{ path, content }]);
const here = (...parts: string[]): string => join(folder, ...parts);

describe('into a node', () => {
  test('a file into a folder that is there, or under a new name, or over another', async () => {
    await writeFile(here('a.txt'), 'one');
    await put('/data/old', 'old');
    await cp([here('a.txt'), 'demo:/data']);
    await cp([here('a.txt'), 'demo:/data/new']);
    await cp([here('a.txt'), 'demo/node2:etc/']);
    await cp([here('a.txt'), 'demo:/data/old']);
    expect(await Promise.all(['/data/a.txt', '/data/new', '/data/old'].map((path) => inNode(path)))).toEqual([
      'one',
      'one',
      'one',
    ]);
    expect(await inNode('/etc/a.txt', 'bds.demo.node2')).toBe('one');
  });

  test('a folder, under its own name, a new one, or what is in it alone', async () => {
    await mkdir(here('src/deep'), { recursive: true });
    await writeFile(here('src/deep/x'), 'x');
    await put('/data/other');
    await cp([here('src'), ':/data']);
    await cp([here('src'), 'demo:/fresh/']);
    await cp([`${here('src')}/.`, 'demo:/data']);
    await cp([`${here('src')}/.`, 'demo:/made']);
    const paths = ['/data/src/deep/x', '/fresh/deep/x', '/data/deep/x', '/made/deep/x'];
    expect(await Promise.all(paths.map((path) => inNode(path)))).toEqual(['x', 'x', 'x', 'x']);
  });

  test('several sources go into a folder, never onto a file', async () => {
    for (const name of ['a', 'b']) await writeFile(here(name), name);
    await put('/data/c');
    const copied = await cp([here('a'), here('b'), 'demo:/data/']);
    expect(copied).toMatchObject({ from: [here('a'), here('b')], to: 'demo:/data/', skipped: [] });
    expect(copied.bytes).toBeGreaterThan(0);
    expect([await inNode('/data/a'), await inNode('/data/b')]).toEqual(['a', 'b']);
    await expect(cp([here('a'), here('b'), 'demo:/data/c'])).rejects.toThrow(UsageError);
    await expect(cp([here('a'), here('b'), 'demo:/none'])).rejects.toThrow(UsageError);
    expect(await inNode('/data/c')).toBe('content');
  });

  test.each<[string, string, string, typeof NotFoundError | typeof UsageError | typeof ConflictError]>([
    ['no source', 'none', 'demo:/etc', NotFoundError],
    ['no folder for it', 'a', 'demo:/none/b', NotFoundError],
    ['no folder, and a slash that asks for one', 'a', 'demo:/etc/none/', NotFoundError],
    ['a file with a slash', 'a/', 'demo:/etc', UsageError],
    ['a folder onto a file', '.', 'demo:/etc/bdsandbox/plan.json', ConflictError],
    ['a file onto a file with a slash', 'a', 'demo:/etc/bdsandbox/plan.json/', ConflictError],
    ['no such sandbox', 'a', 'nope:/etc', NotFoundError],
    ['no such node', 'a', 'demo/node9:/etc', NotFoundError],
    ['no path', 'a', 'demo:', UsageError],
    ['an empty word', 'a', '', UsageError],
    ['nothing in a sandbox', 'a', './b', UsageError],
    ['a colon in a name here', 'a', './b:c', UsageError],
  ])('%s', async (_, source, destination, expected) => {
    await writeFile(here('a'), 'a');
    const before = engine.callCount;
    const where = destination.startsWith('./') ? here(destination) : destination;
    const failed = cp([source === '.' ? folder : `${folder}/${source}`, where]);
    await expect(failed).rejects.toThrow(expected);
    await expect(failed).rejects.toMatchObject({ hint: expect.stringMatching(/\w/) });
    expect(engine.callNames.slice(before)).not.toContain('containers.writeArchive');
  });

  test('one word alone is no copy', async () => {
    await expect(cp(['demo:/x'])).rejects.toThrow(UsageError);
    await expect(cp([])).rejects.toThrow(UsageError);
  });

  test('what cannot be read is told in words of this machine', async () => {
    await mkdir(here('src'));
    await symlink(here('nowhere'), here('src/broken'));
    await expect(cp([here('src'), 'demo:/'], { followLinks: true })).rejects.toThrow(
      `there is no ${here('src/broken')}`,
    );
    await symlink(here('src'), here('src/again'));
    await rm(here('src/broken'));
    await expect(cp([here('src'), 'demo:/'], { followLinks: true })).rejects.toThrow(/loop of links/);
  });

  test('a device is neither a source nor a place for a file', async () => {
    await put('/data/x');
    await expect(cp(['demo:/data/x', '/dev/null'])).rejects.toThrow(ConflictError);
    await expect(cp(['/dev/null', 'demo:/data'])).rejects.toThrow(UsageError);
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test('a link is copied as a link, also one that leads nowhere', async () => {
    await symlink('nowhere', here('link'));
    const sent: string[] = [];
    engine.containers.writeArchive = async (_id, _folder, tar) => {
      for await (const entry of tar.pipe(extract())) {
        sent.push(`${entry.header.type} ${entry.header.name} ${entry.header.linkname}`);
        entry.resume();
      }
    };
    await cp([here('link'), 'demo:/etc']);
    expect(sent).toEqual(['symlink link nowhere']);
    await expect(cp([here('link'), 'demo:/etc'], { followLinks: true })).rejects.toThrow(NotFoundError);
  });

  test('an engine that fails is told', async () => {
    await writeFile(here('a'), 'a');
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.writeArchive') throw new EngineFailedError('no space', 'make some');
    };
    await expect(cp([here('a'), 'demo:/etc'])).rejects.toThrow('no space');
  });

  test('an engine that gives up in the middle of a large file is told, not what that did to the file', async () => {
    await writeFile(here('big'), Buffer.alloc(3_000_000));
    engine.containers.writeArchive = async (_id, _folder, tar) => {
      for await (const _ of tar) break;
      throw new EngineFailedError('the disk is full', 'make room');
    };
    await expect(cp([here('big'), 'demo:/etc'])).rejects.toThrow('the disk is full');
  });

  test('works on a stopped sandbox', async () => {
    await writeFile(here('a'), 'a');
    await engine.containers.stop('bds.demo', { graceMs: 0 });
    await cp([here('a'), 'demo:/etc']);
    await cp(['demo:/etc/a', here('b')]);
    expect(await readFile(here('b'), 'utf8')).toBe('a');
  });
});

describe('out of a node', () => {
  test('a file and a folder, whole', async () => {
    await put('/data/deep/x', 'x');
    await put('/data/y', 'y'.repeat(1_000_000));
    await cp(['demo:/data', folder]);
    await cp(['demo:/data/y', here('y')]);
    await mkdir(here('into'));
    await cp(['demo:/data/.', here('into')]);
    expect(await readFile(here('data/deep/x'), 'utf8')).toBe('x');
    expect((await readFile(here('y'))).equals(Buffer.from('y'.repeat(1_000_000)))).toBe(true);
    expect((await readdir(here('into'))).sort()).toEqual(['deep', 'y']);
  });

  test('missing: exit code 3, and nothing is made', async () => {
    await expect(cp(['demo:/absent', here('x')])).rejects.toMatchObject({ exitCode: 3, message: expect.any(String) });
    expect(await readdir(folder)).toEqual([]);
  });

  test('of the whole file system is refused', async () => {
    await expect(cp(['demo:/', here('x')])).rejects.toThrow(UsageError);
  });

  test('an archive that breaks off leaves no half file', async () => {
    await put('/big', 'x'.repeat(3_000_000));
    const whole = await engine.containers.readArchive('bds.demo', '/big');
    engine.containers.readArchive = async () => {
      const broken = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of whole) {
          yield chunk as Buffer;
          break;
        }
        throw new EngineFailedError('the engine broke', 'mend it');
      };
      return Readable.from(broken(), { objectMode: false });
    };
    await writeFile(here('big'), 'old');
    await expect(cp(['demo:/big', here('big')])).rejects.toThrow('the engine broke');
    expect(await readdir(folder)).toEqual(['big']);
    expect(await readFile(here('big'), 'utf8')).toBe('old');
  });

  test('interrupted: 130, and no half file', async () => {
    const interrupt = new AbortController();
    engine.containers.readArchive = async () => {
      const packed = pack();
      const sink = packed.entry({ name: 'big', size: 1_000_000 });
      sink.on('error', () => undefined);
      sink.write(Buffer.alloc(500_000));
      setImmediate(() => interrupt.abort(new InterruptedError('interrupted', 'again')));
      return Readable.from(packed, { objectMode: false });
    };
    await put('/big');
    const copying = cp(['demo:/big', folder], {}, { signal: interrupt.signal });
    await expect(copying).rejects.toMatchObject({ exitCode: 130 });
    expect(await readdir(folder)).toEqual([]);
  });

  test('given up for another reason: that is told', async () => {
    await put('/data/x');
    const reason = new Error('EPIPE');
    await expect(cp(['demo:/data', folder], {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('tells bytes when it takes longer than a second', async () => {
    const events: FlowEvent[] = [];
    let now = 0;
    const realNow = performance.now.bind(performance);
    performance.now = () => now;
    try {
      await put('/slow', 'x'.repeat(200_000));
      const whole = await engine.containers.readArchive('bds.demo', '/slow');
      engine.containers.readArchive = async () =>
        Readable.from(
          (async function* () {
            for await (const chunk of whole) {
              now += 700;
              yield chunk as Buffer;
            }
          })(),
          { objectMode: false },
        );
      await cp(['demo:/slow', folder], {}, { report: (event) => events.push(event) });
    } finally {
      performance.now = realNow;
    }
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['flow', 'step-started', 'step-progress', 'step-done']),
    );
    expect(events.find(({ type }) => type === 'step-progress')).toMatchObject({ detail: expect.stringMatching(/MB$/) });
  });

  test('says nothing of a quick one', async () => {
    const events: FlowEvent[] = [];
    await cp(['demo:/etc', folder], {}, { report: (event) => events.push(event) });
    expect(events).toEqual([]);
  });
});

describe('what an archive may do here', () => {
  const archiveOf = (fill: (archive: ReturnType<typeof pack>) => void): void => {
    engine.containers.readArchive = async () => {
      const archive = pack();
      fill(archive);
      archive.finalize();
      return Readable.from(archive, { objectMode: false });
    };
  };

  test('modes, times, links and empty folders are kept; rights beyond those of a file are not', async () => {
    const mtime = new Date('2020-02-02T02:02:02Z');
    archiveOf((archive) => {
      archive.entry({ name: 'data', type: 'directory', mode: 0o755, mtime });
      archive.entry({ name: 'data/closed', type: 'directory', mode: 0o555, mtime });
      archive.entry({ name: 'data/closed/run', mode: 0o4751, mtime }, 'run');
      archive.entry({ name: 'data/link', type: 'symlink', linkname: '../else/where' });
      archive.entry({ name: 'data/same', type: 'link', linkname: 'data/closed/run' });
      archive.entry({ name: 'data/pipe', type: 'fifo' });
      archive.entry({ name: 'data/same-pipe', type: 'link', linkname: 'data/pipe' });
      archive.entry({ name: 'data/empty', type: 'directory', mode: 0o750 });
    });
    await put('/data/x');
    const { skipped } = await cp(['demo:/data', here('copy')]);
    expect(skipped).toEqual([here('copy/pipe'), here('copy/same-pipe')]);
    const run = await lstat(here('copy/closed/run'));
    expect([run.mode & 0o7777, run.mtime]).toEqual([0o751, mtime]);
    expect((await lstat(here('copy/closed'))).mode & 0o777).toBe(0o555);
    expect((await lstat(here('copy/empty'))).mode & 0o777).toBe(0o750);
    expect(await readlink(here('copy/link'))).toBe('../else/where');
    expect((await lstat(here('copy/same'))).ino).toBe(run.ino);
    await chmod(here('copy/closed'), 0o755);
  });

  test('a copy that fails leaves folders with their own modes', async () => {
    archiveOf((archive) => {
      archive.entry({ name: 'data', type: 'directory', mode: 0o750 });
      archive.entry({ name: 'data/implied/x' }, 'x');
      archive.entry({ name: 'data/implied/none', type: 'link', linkname: 'data/missing' });
    });
    await put('/data/x');
    await expect(cp(['demo:/data', here('copy')])).rejects.toThrow(here('copy/implied/none'));
    const modes = ['copy', 'copy/implied'].map(async (each) => (await lstat(here(each))).mode & 0o777);
    expect(await Promise.all(modes)).toEqual([0o750, 0o777 & ~process.umask()]);
  });

  test('a file goes through no link that came before it under its name, hard or symbolic', async () => {
    await writeFile(here('outside'), 'mine');
    for (const type of ['symlink', 'link'] as const) {
      archiveOf((archive) => {
        archive.entry({ name: 'data', type: 'directory' });
        if (type === 'symlink') archive.entry({ name: 'data/x', type, linkname: here('outside') });
        else archive.entry({ name: 'data/x', type, linkname: 'data/../../outside' });
        archive.entry({ name: 'data/x' }, 'evil');
      });
      await put('/data/x');
      const copying = cp(['demo:/data', here(`in-${type}`)]);
      if (type === 'symlink') await copying;
      else await expect(copying).rejects.toThrow(FailedError);
      expect(await readFile(here('outside'), 'utf8')).toBe('mine');
    }
    expect(await readFile(here('in-symlink/x'), 'utf8')).toBe('evil');
  });

  test('an absolute name is taken for one below the target', async () => {
    archiveOf((archive) => archive.entry({ name: '/etc/bds-evil' }, 'x'));
    await put('/data');
    await cp(['demo:/data', here('in')]);
    expect(await readFile(here('in/bds-evil'), 'utf8')).toBe('x');
  });

  test('a folder that is there keeps its mode', async () => {
    await mkdir(here('into'), { mode: 0o700 });
    archiveOf((archive) => {
      archive.entry({ name: 'data', type: 'directory', mode: 0o777 });
      archive.entry({ name: 'data/x' }, 'x');
    });
    await put('/data/x');
    await cp(['demo:/data/.', here('into')]);
    expect((await lstat(here('into'))).mode & 0o777).toBe(0o700);
  });

  test.each(['data/../../outside', '../outside', 'data/sub/../../../outside'])('%s is refused', async (name) => {
    archiveOf((archive) => archive.entry({ name }, 'evil'));
    await put('/data');
    await mkdir(here('in'));
    await expect(cp(['demo:/data', here('in')])).rejects.toThrow(FailedError);
    expect(await readdir(folder)).toEqual(['in']);
  });

  test('nothing is written through a link that it has brought', async () => {
    await mkdir(here('outside'));
    archiveOf((archive) => {
      archive.entry({ name: 'data', type: 'directory' });
      archive.entry({ name: 'data/sub', type: 'symlink', linkname: here('outside') });
      archive.entry({ name: 'data/sub/evil' }, 'evil');
    });
    await put('/data/x');
    await expect(cp(['demo:/data', here('in')])).rejects.toThrow(ConflictError);
    expect(await readdir(here('outside'))).toEqual([]);
  });

  test('a file never takes the place of a folder, nor the other way round', async () => {
    await mkdir(here('in/data'), { recursive: true });
    archiveOf((archive) => archive.entry({ name: 'data' }, 'x'));
    await put('/data');
    await expect(cp(['demo:/data', here('in')])).rejects.toThrow(ConflictError);
    await rm(here('in/data'), { recursive: true });
    await writeFile(here('in/data'), 'file');
    archiveOf((archive) => archive.entry({ name: 'data', type: 'directory' }));
    await expect(cp(['demo:/data', here('in')])).rejects.toThrow(ConflictError);
    expect(await readdir(here('in'))).toEqual(['data']);
  });
});

describe('archives', () => {
  test('out to standard output, and in from standard input', async () => {
    await put('/data/x', 'x');
    const output = new PassThrough();
    const [tar] = await Promise.all([
      buffer(output),
      cp(['demo:/data', '-'], { output }).then(() => void output.end()),
    ]);
    expect(await names(Readable.from([tar]))).toEqual(['data/', 'data/x']);
    await cp(['-', 'demo/node3:/etc'], { input: Readable.from([tar]) });
    expect(await inNode('/etc/data/x', 'bds.demo.node3')).toBe('x');
  });

  test('FOLDER/. is what is in it', async () => {
    await put('/data/x', 'x');
    const output = new PassThrough();
    const tar = buffer(output);
    await cp(['demo:/data/.', '-'], { output });
    output.end();
    expect(await names(Readable.from([await tar]))).toEqual(['./', './x']);
  });

  test('what is no tar, no folder, or too much is refused', async () => {
    const input = Readable.from([Buffer.alloc(2000, 'x')]);
    await expect(cp(['-', 'demo:/etc'], { input })).rejects.toThrow(EngineFailedError);
    await expect(cp(['-', 'demo:/etc/bdsandbox/plan.json'])).rejects.toThrow(UsageError);
    await expect(cp(['-', here('x'), 'demo:/etc'])).rejects.toThrow(UsageError);
    await expect(cp(['-', '-'])).rejects.toThrow(UsageError);
    await expect(cp(['demo:/etc', 'demo:/tmp', '-'])).rejects.toThrow(UsageError);
    await expect(cp([here('x'), '-'])).rejects.toThrow(UsageError);
  });

  test('a reader that takes its time is waited for: nothing piles up', async () => {
    await put('/big', 'x'.repeat(3_000_000));
    let produced = 0;
    const whole = await engine.containers.readArchive('bds.demo', '/big');
    engine.containers.readArchive = async () =>
      Readable.from(
        (async function* () {
          for await (const chunk of whole) {
            produced += (chunk as Buffer).length;
            yield chunk as Buffer;
          }
        })(),
        { objectMode: false },
      );
    const held = Promise.withResolvers<void>();
    let received = 0;
    const output = new Writable({
      async write(chunk: Buffer, _encoding, done) {
        await held.promise;
        received += chunk.length;
        done();
      },
    });
    const copying = cp(['demo:/big', '-'], { output });
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(1_000_000);
    held.resolve();
    await copying;
    await new Promise((resolve) => output.end(resolve));
    expect(received).toBeGreaterThan(3_000_000);
  });
});

describe('between nodes', () => {
  test('of two sandboxes, under another name', async () => {
    await createSandbox(contextOf(engine), request({ name: 'other' }));
    await put('/data/deep/x', 'x');
    await cp(['demo:/data', 'other/node2:/copy']);
    await cp(['demo:/data', 'other/node2:/etc']);
    expect(await inNode('/copy/deep/x', 'bds.other.node2')).toBe('x');
    expect(await inNode('/etc/data/deep/x', 'bds.other.node2')).toBe('x');
  });

  test('not into itself', async () => {
    await put('/data/deep/x', 'x');
    await expect(cp(['demo:/data', 'demo:/data/deep'])).rejects.toThrow(ConflictError);
    await cp(['demo:/data', 'demo/node2:/etc']);
    await cp(['demo:/data', 'demo:/data2']);
    expect(await inNode('/data2/deep/x')).toBe('x');
  });
});

async function names(tar: Readable): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of tar.pipe(extract())) {
    found.push(
      `${entry.header.name}${entry.header.type === 'directory' && !entry.header.name.endsWith('/') ? '/' : ''}`,
    );
    entry.resume();
  }
  return found;
}
