import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mustBeOfKit, removeOldKits, writeKit } from '../../../src/client/kit-folder.js';
import { ConflictError, FailedError } from '../../../src/errors/index.js';

const mark = { sandbox: 'demo', attempt: 'a1', engine: 'here:/var/lib/docker' };
const files = [
  { path: 'hadoop/core-site.xml', content: '<one/>' },
  { path: 'hosts', content: '10.253.0.2 sandbox\n' },
];
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'bdsandbox-kits-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('writing', () => {
  test.each([0o022, 0o077])('makes a folder that all can read but for secrets, with umask %i', async (umask) => {
    const folder = path.join(root, 'kits', 'demo');
    const before = process.umask(umask);
    const secret = { path: 'hadoop/core-site.xml', content: '<password/>', isSecret: true };
    try {
      await writeKit({ folder, mark, files, isForAll: true });
      expect(modeOf(folder, secret.path)).toBe(0o644);
      await writeKit({ folder, mark, files: [secret, ...files.slice(1)], isForAll: true });
    } finally {
      process.umask(before);
    }
    expect(all(folder)).toEqual(['hadoop', 'hadoop/core-site.xml', 'hosts', 'kit.json']);
    expect(readFileSync(path.join(folder, 'hosts'), 'utf8')).toBe('10.253.0.2 sandbox\n');
    expect(readdirSync(path.dirname(folder))).toEqual(['demo']);
    for (const each of ['..', '.', 'hadoop']) expect(modeOf(folder, each)).toBe(0o755);
    for (const each of ['hosts', 'kit.json']) expect(modeOf(folder, each)).toBe(0o644);
    expect(modeOf(folder, secret.path)).toBe(0o600);
  });

  test('opens a folder that was made for one user', async () => {
    const folder = mkdtempSync(path.join(root, 'demo-'));
    await writeKit({ folder, mark, files, isForAll: true });
    expect(modeOf(folder, '.')).toBe(0o755);
  });

  test('replaces each file as a whole: who has the old one open reads it to its end', async () => {
    const folder = path.join(root, 'demo');
    await writeKit({ folder, mark, files, isForAll: true });
    const before = statSync(path.join(folder, 'hosts')).ino;
    await writeKit({ folder, mark, files: [{ path: 'hosts', content: 'new' }], isForAll: true });
    expect(statSync(path.join(folder, 'hosts')).ino).not.toBe(before);
    expect(readFileSync(path.join(folder, 'hosts'), 'utf8')).toBe('new');
    expect(all(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('many at once end with one whole kit', async () => {
    const folder = path.join(root, 'demo');
    await Promise.all(Array.from({ length: 8 }, () => writeKit({ folder, mark, files, isForAll: true })));
    expect(all(root)).toEqual(['demo', 'demo/hadoop', 'demo/hadoop/core-site.xml', 'demo/hosts', 'demo/kit.json']);
  });

  test('that cannot be says where, and leaves nothing half-made', async () => {
    writeFileSync(path.join(root, 'file'), '');
    const writing = writeKit({ folder: path.join(root, 'file', 'demo'), mark, files, isForAll: true });
    await expect(writing).rejects.toThrow(FailedError);
    mkdirSync(path.join(root, 'kit', 'hosts', 'x'), { recursive: true });
    await expect(writeKit({ folder: path.join(root, 'kit'), mark, files, isForAll: false })).rejects.toThrow(
      /can't write the kit .*\/kit: /,
    );
    expect(all(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a folder of the user', () => {
  test('is refused while it has files of these names that are not of a kit', async () => {
    writeFileSync(path.join(root, 'hosts'), 'mine');
    const error = await mustBeOfKit(root, files).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ message: `in ${root} these files are not of a kit: hosts` });
  });

  test.each(['{}', 'no JSON', 'null'])('is refused with a kit.json that says %s', async (content) => {
    writeFileSync(path.join(root, 'kit.json'), content);
    await expect(mustBeOfKit(root, files)).rejects.toThrow('kit.json');
  });

  test('is taken when it is new, has other files, or is a kit', async () => {
    await mustBeOfKit(path.join(root, 'new'), files);
    writeFileSync(path.join(root, 'pom.xml'), 'mine');
    await mustBeOfKit(root, files);
    await writeKit({ folder: root, mark, files, isForAll: false });
    await mustBeOfKit(root, files);
    expect(readFileSync(path.join(root, 'pom.xml'), 'utf8')).toBe('mine');
    await expect(mustBeOfKit(root, [...files, { path: 'pom.xml', content: '' }])).rejects.toThrow('pom.xml');
  });

  test('that is a file is an error', async () => {
    writeFileSync(path.join(root, 'file'), '');
    await expect(mustBeOfKit(path.join(root, 'file'), files)).rejects.toThrow(FailedError);
  });
});

describe('old kits', () => {
  test('of sandboxes that are gone go, and no others', async () => {
    for (const [name, attempt, engine] of [
      ['gone', 'a0', mark.engine],
      ['living', 'a1', mark.engine],
      ['elsewhere', 'a0', 'there:/var/lib/docker'],
      ['kept', 'a0', mark.engine],
    ] as const) {
      await writeKit({
        folder: path.join(root, name),
        mark: { sandbox: name, attempt, engine },
        files,
        isForAll: true,
      });
    }
    mkdirSync(path.join(root, 'of-somebody'));
    await removeOldKits(root, mark.engine, path.join(root, 'kept'), async () => new Set(['a1']));
    expect(readdirSync(root).sort()).toEqual(['elsewhere', 'kept', 'living', 'of-somebody']);
  });

  test('that were never finished go after an hour', async () => {
    for (const name of ['.demo.1.tmp', '.demo.2.tmp']) mkdirSync(path.join(root, name));
    const old = Date.now() / 1000 - 3601;
    utimesSync(path.join(root, '.demo.1.tmp'), old, old);
    await removeOldKits(root, mark.engine, '', () => Promise.reject(new Error('nobody asks the engine')));
    expect(readdirSync(root)).toEqual(['.demo.2.tmp']);
  });

  test('in no folder at all are none', async () => {
    await removeOldKits(path.join(root, 'none'), mark.engine, '', async () => new Set());
    expect(readdirSync(root)).toEqual([]);
  });
});

function modeOf(folder: string, name: string): number {
  return statSync(path.join(folder, name)).mode & 0o777;
}

function all(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort();
}
