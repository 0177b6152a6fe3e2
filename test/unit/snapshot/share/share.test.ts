import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemoryEngine, MemoryRegistry } from '../../../../src/engine/memory/index.js';
import { EngineFailedError, RegistryUnreachableError } from '../../../../src/errors/index.js';
import {
  exportSnapshot,
  findOrPullSnapshot,
  findSnapshot,
  findSnapshots,
  importSnapshot,
  pullSnapshot,
  pushSnapshot,
  removeSnapshot,
  type Snapshot,
  selectRemote,
  withdrawSnapshots,
} from '../../../../src/snapshot/index.js';
import { memoryVolume } from '../../../../src/snapshot/labels.js';
import { contextOf, ID, memoryHere, putSnapshot, REGISTRY, shareEngine } from './fixture.js';

const OTHER = '99999999-2222-4333-8444-555555555555';
const MEMORY = ['memory of node1', 'memory of node2'];
const PULL = { name: 'bug', registry: REGISTRY, trusted: true };

let folder: string;
let registry: MemoryRegistry;
let source: MemoryEngine;
let snapshot: Snapshot;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-share-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  registry = new Map();
  source = shareEngine(registry);
  snapshot = await putSnapshot(source, 'bug');
});

const push = (more: object = {}) =>
  pushSnapshot(contextOf(source), snapshot, { registry: REGISTRY, force: false, ...more });
/** As it is found where it came to. */
const arrived = (provenance: object): object => ({
  ...snapshot,
  ...provenance,
  memory: { volume: memoryVolume(ID), bytes: 30, since: '' },
});
const target = () => shareEngine(registry);
const exported = async (name = 'bug.tar.zst') =>
  (await exportSnapshot(contextOf(source), snapshot, { file: path.join(folder, name), force: true })).file;

describe('out of the registry', () => {
  const request = { names: ['bug'], user: 'ann', owner: 'ann', force: false };
  const takeOut = async (more: object = {}): Promise<string[]> => {
    const context = contextOf(source);
    return withdrawSnapshots(context, REGISTRY, await selectRemote(context, REGISTRY, { ...request, ...more }));
  };

  test('with all of it; here it stays', async () => {
    await push();
    const before = source.inventory();
    expect(await takeOut()).toEqual(['bug']);
    expect([...registry.keys()]).toEqual([]);
    expect(source.inventory()).toEqual(before);
    await expect(pullSnapshot(contextOf(target()), PULL)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('under another name it stays whole', async () => {
    await push();
    await push({ as: 'again' });
    await takeOut();
    expect(await pullSnapshot(contextOf(target()), { ...PULL, name: 'again' })).toMatchObject({ id: ID });
    await takeOut({ names: ['again'] });
    expect([...registry.keys()]).toEqual([]);
  });

  test.each([
    ['one that is not there', { names: ['none'] }, 'NOT_FOUND'],
    ['somebody else’s', { user: 'bob', owner: 'bob' }, 'NOT_OWNER'],
    ['theirs without --force', { user: 'bob', owner: 'ann' }, 'NOT_OWNER'],
  ])('not %s', async (_, more, code) => {
    await push();
    const there = [...registry.keys()];
    const before = source.inventory();
    await expect(takeOut(more)).rejects.toMatchObject({ code });
    expect([...registry.keys()]).toEqual(there);
    expect(source.inventory()).toEqual(before);
  });

  test('theirs when that is said', async () => {
    await push();
    expect(await takeOut({ user: 'bob', force: true })).toEqual(['bug']);
  });

  test('what is left is named when it breaks off', async () => {
    await push();
    source.beforeCall = ({ name, number }) => {
      const index = `${REGISTRY}/bdsandbox/snapshot:bug`;
      if (name === 'images.withdraw' && !registry.has(index))
        source.failAtCall(number, new EngineFailedError('it broke', 'mend it'));
    };
    await expect(takeOut()).rejects.toMatchObject({
      code: 'PARTLY_DONE',
      details: expect.arrayContaining([expect.stringMatching(/^left: .*snapshot-node:.*node2$/)]),
    });
  });
});

test('a push to a registry that is dead speaks of a push', async () => {
  source.beforeCall = ({ name, number }) => {
    const words = `cannot pull ${REGISTRY}/bdsandbox/snapshot:bug: registry ${REGISTRY} cannot be reached`;
    if (name === 'images.pull') source.failAtCall(number, new RegistryUnreachableError(words, 'start it'));
  };
  await expect(push()).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: `cannot push bug: registry ${REGISTRY} cannot be reached`,
  });
});

describe('push and pull', () => {
  test('bring the same images and the same memory, and leave nothing else', async () => {
    const before = source.inventory();
    const pushed = await push();
    expect(pushed).toMatchObject({ snapshot: 'bug', id: ID, registry: REGISTRY, already: false });
    expect(pushed.bytes).toBe(2 * 14 + 2 * 'packed memory of node1'.length + 300_000);
    expect(source.inventory()).toEqual(before);

    const engine = target();
    const pulled = await pullSnapshot(contextOf(engine), PULL);
    expect(pulled).toMatchObject({ snapshot: 'bug', id: ID, mode: 'live', already: false });
    const found = await findSnapshot(engine, 'bug');
    expect(found).toEqual(arrived({ origin: 'registry', trusted: true }));
    expect(await memoryHere(engine)).toEqual(MEMORY);
    expect(engine.inventory()).toEqual({
      containers: [],
      networks: [],
      volumes: [memoryVolume(ID)],
      images: [
        ...before.images.filter((name) => name !== 'bdsandbox/tiny:1'),
        `bdsandbox/snapshot-from:registry.${ID}`,
      ].sort(),
    });
    expect(await pullSnapshot(contextOf(engine), PULL)).toMatchObject({ already: true });
    await removeSnapshot(contextOf(engine).engines, found);
    expect(engine.inventory()).toEqual(target().inventory());
  });

  test('a cold one has no memory to bring', async () => {
    const cold = await putSnapshot(source, 'cold', { id: OTHER, mode: 'cold' });
    await pushSnapshot(contextOf(source), cold, { registry: REGISTRY, force: false });
    const engine = target();
    expect(await pullSnapshot(contextOf(engine), { ...PULL, name: 'cold' })).toMatchObject({ mode: 'cold' });
    expect(engine.inventory().volumes).toEqual([]);
  });

  test('a name means one snapshot', async () => {
    await push();
    expect(await push()).toMatchObject({ already: true, bytes: 0 });
    const other = await putSnapshot(source, 'other', { id: OTHER });
    const pushOther = (more: object) =>
      pushSnapshot(contextOf(source), other, { registry: REGISTRY, force: false, ...more });
    await expect(pushOther({ as: 'bug' })).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringMatching(/--force/),
    });
    const engine = target();
    await pullSnapshot(contextOf(engine), PULL);
    await expect(pullSnapshot(contextOf(engine), { ...PULL, as: 'mine' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await pushOther({ as: 'bug', force: true })).toMatchObject({ snapshot: 'bug', id: OTHER });
    const before = engine.inventory();
    await expect(pullSnapshot(contextOf(engine), PULL)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(engine.inventory()).toEqual(before);
    await pullSnapshot(contextOf(engine), { ...PULL, as: 'theirs' });
    expect((await findSnapshots(engine)).map(({ name, id }) => [name, id])).toEqual(
      expect.arrayContaining([
        ['bug', ID],
        ['theirs', OTHER],
      ]),
    );
  });

  test('what the registry does not have is not found', async () => {
    await expect(pullSnapshot(contextOf(target()), PULL)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      findOrPullSnapshot(contextOf(target()), 'bug', { registry: REGISTRY, trusted: true }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'there is no snapshot "bug" on memory',
    });
    await push();
    expect(await findOrPullSnapshot(contextOf(target()), 'bug', { registry: REGISTRY, trusted: true })).toEqual(
      arrived({ origin: 'registry', trusted: true }),
    );
  });

  test('an altered node or memory is refused, and nothing of it stays', async () => {
    await push();
    const name = (kind: string, node: string) => `${REGISTRY}/bdsandbox/snapshot-${kind}:${ID}.${node}`;
    for (const [kind, words] of [
      ['node', /node2 was altered/],
      ['memory', /memory of node node2 was altered/],
    ] as const) {
      const good = registry.get(name(kind, 'node2'));
      const bad = registry.get(name('node', 'node1'));
      if (!good || !bad) throw new Error('not pushed');
      registry.set(name(kind, 'node2'), bad);
      const engine = target();
      await expect(pullSnapshot(contextOf(engine), PULL)).rejects.toMatchObject({
        code: 'FAILED',
        message: expect.stringMatching(words),
      });
      expect(engine.inventory()).toEqual(target().inventory());
      registry.set(name(kind, 'node2'), good);
    }
  });

  test('names in a manifest from elsewhere are not believed', async () => {
    const { containers } = source;
    for (const bad of [{ id: '../../x' }, { memory: { volume: '/etc', bytes: 1 } }]) {
      const container = await containers.create({
        ...{ name: 'maker', image: 'bdsandbox/snapshot:bug', hostname: 'maker', labels: {}, environment: {} },
      });
      const labels = { 'bdsandbox.snapshot.manifest': JSON.stringify({ ...snapshot, ...bad }) };
      const reference = `${REGISTRY}/bdsandbox/snapshot:bad`;
      await containers.commit(container, { reference, labels, pause: false });
      await containers.remove(container);
      await source.images.push(reference, {});
      const engine = target();
      await expect(pullSnapshot(contextOf(engine), { ...PULL, name: 'bad' })).rejects.toMatchObject({ code: 'FAILED' });
      expect(engine.inventory()).toEqual(target().inventory());
    }
  });
});

describe('export and import', () => {
  test('bring the same images and the same memory, and leave nothing else', async () => {
    const before = source.inventory();
    const result = await exportSnapshot(contextOf(source), snapshot, {
      file: path.join(folder, 'a.tar.zst'),
      force: false,
    });
    expect(result).toMatchObject({ snapshot: 'bug', id: ID, bytes: (await stat(result.file)).size });
    expect((await stat(result.file)).mode & 0o777).toBe(0o600);
    expect(source.inventory()).toEqual(before);

    const engine = target();
    const request = { file: result.file };
    expect(await importSnapshot(contextOf(engine), request)).toMatchObject({ snapshot: 'bug', id: ID, already: false });
    expect(await findSnapshot(engine, 'bug')).toEqual(arrived({ origin: 'file', trusted: false }));
    expect(await memoryHere(engine)).toEqual(MEMORY);
    const marks = [`bdsandbox/snapshot-from:file.${ID}`, `bdsandbox/snapshot-foreign:${ID}`];
    expect(engine.inventory()).toEqual({
      containers: [],
      networks: [],
      volumes: [memoryVolume(ID)],
      images: [...before.images.filter((name) => name !== 'bdsandbox/tiny:1'), ...marks].sort(),
    });
    expect(await importSnapshot(contextOf(engine), request)).toMatchObject({ already: true });
    expect(await findSnapshot(engine, 'bug')).toEqual(arrived({ origin: 'file', trusted: false }));
    expect(await importSnapshot(contextOf(engine), { ...request, trust: true })).toMatchObject({ already: true });
    expect(await findSnapshot(engine, 'bug')).toEqual(arrived({ origin: 'file', trusted: true }));
  });

  test('a file that is there stays, unless --force', async () => {
    const file = path.join(folder, 'there.tar.zst');
    await writeFile(file, 'mine');
    await expect(exportSnapshot(contextOf(source), snapshot, { file, force: false })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  test('a file that was cut off or altered anywhere is refused before anything is touched', async () => {
    const file = await exported();
    const whole = await readFile(file);
    const broken = path.join(folder, 'broken.tar.zst');
    const refused = async (): Promise<void> => {
      const engine = target();
      await expect(importSnapshot(contextOf(engine), { file: broken })).rejects.toMatchObject({ code: 'FAILED' });
      expect(engine.callNames.filter((name) => name !== 'images.inspect')).toEqual([]);
    };
    for (let part = 1; part < 20; part += 1) {
      await writeFile(broken, whole);
      await truncate(broken, Math.floor((whole.length * part) / 20));
      await refused();
      const altered = Buffer.from(whole);
      const at = Math.floor((whole.length * part) / 20);
      altered[at] = (altered[at] ?? 0) ^ 0x55;
      await writeFile(broken, altered);
      await refused();
    }
    // With checksums of zstd and tar that fit.
    const tar = zstdDecompressSync(whole);
    const at = tar.indexOf('packed memory of node2');
    tar.write('packed memory of nodeX', at);
    await writeFile(broken, zstdCompressSync(tar));
    await refused();
    await writeFile(broken, 'something else');
    await refused();
    await rm(broken);
    await expect(importSnapshot(contextOf(target()), { file: broken })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

const broken = new EngineFailedError('the engine broke', 'mend it');
const MOMENTS = ['before', 'after'] as const;

/** Runs it once undisturbed, then with each of its calls failing; `check` sees what is left. */
async function failingEach(
  fresh: () => Promise<MemoryEngine>,
  run: (engine: MemoryEngine) => Promise<unknown>,
  check: (engine: MemoryEngine, outcome: 'done' | 'failed') => Promise<void>,
): Promise<void> {
  const first = await fresh();
  const from = first.callCount;
  await run(first);
  const calls = first.callCount - from;
  expect(calls).toBeGreaterThan(10);
  for (let n = 1; n <= calls; n += 1) {
    for (const moment of MOMENTS) {
      const engine = await fresh();
      engine.failAtCall(engine.callCount + n, broken, moment);
      const outcome = await run(engine).then(
        () => 'done' as const,
        () => 'failed' as const,
      );
      await check(engine, outcome);
    }
  }
}

describe('a failure of the engine at any call', { timeout: 60_000 }, () => {
  const source2 = async () => {
    const engine = shareEngine(registry);
    await putSnapshot(engine, 'bug');
    return engine;
  };

  test('of a pull: nothing of the snapshot is left, or all of it is there', async () => {
    await push();
    const empty = target().inventory();
    await failingEach(
      async () => target(),
      (engine) => pullSnapshot(contextOf(engine), PULL),
      async (engine, outcome) => {
        if (outcome === 'done') expect(await memoryHere(engine)).toEqual(MEMORY);
        else expect(engine.inventory()).toEqual(empty);
      },
    );
  });

  test('of an import: nothing of the snapshot is left, or all of it is there', async () => {
    const file = await exported('import.tar.zst');
    const empty = target().inventory();
    await failingEach(
      async () => target(),
      (engine) => importSnapshot(contextOf(engine), { file }),
      async (engine, outcome) => {
        if (outcome === 'done') expect(await memoryHere(engine)).toEqual(MEMORY);
        else expect(engine.inventory()).toEqual(empty);
      },
    );
  });

  test('of a push: the snapshot stays as it was, and the registry shows all of it or nothing', async () => {
    const before = source.inventory();
    await failingEach(
      async () => {
        registry.clear();
        return source2();
      },
      async (engine) =>
        pushSnapshot(contextOf(engine), await findSnapshot(engine, 'bug'), {
          registry: REGISTRY,
          force: false,
        }),
      async (engine) => {
        expect(engine.inventory()).toEqual(before);
        if (!registry.has(`${REGISTRY}/bdsandbox/snapshot:bug`)) return;
        const elsewhere = target();
        await pullSnapshot(contextOf(elsewhere), PULL);
        expect(await memoryHere(elsewhere)).toEqual(MEMORY);
      },
    );
  });

  test('of an export: the snapshot stays as it was, and there is no file but a whole one', async () => {
    const before = source.inventory();
    const own = await mkdtemp(path.join(folder, 'export-'));
    const file = path.join(own, 'bug.tar.zst');
    await failingEach(
      source2,
      async (engine) => exportSnapshot(contextOf(engine), await findSnapshot(engine, 'bug'), { file, force: true }),
      async (engine, outcome) => {
        expect(engine.inventory()).toEqual(before);
        expect(await readdir(own)).toEqual(['bug.tar.zst']);
        if (outcome === 'done') await importSnapshot(contextOf(target()), { file });
      },
    );
  });
});

describe('an interruption at any call', { timeout: 60_000 }, () => {
  test.each(['pull', 'import'] as const)('of %s: 130, and nothing is left', async (verb) => {
    await push();
    const file = await exported('interrupted.tar.zst');
    const run = (engine: MemoryEngine, signal?: AbortSignal) =>
      verb === 'pull'
        ? pullSnapshot(contextOf(engine, { signal }), PULL)
        : importSnapshot(contextOf(engine, { signal }), { file });
    const first = target();
    await run(first);
    for (let n = 1; n <= first.callCount; n += 1) {
      const engine = target();
      const stop = new AbortController();
      engine.beforeCall = ({ number }) => {
        if (number === n) stop.abort(new Error('interrupted'));
      };
      const outcome = await run(engine, stop.signal).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
      if (outcome === 'done') expect((await findSnapshots(engine)).map(({ name }) => name)).toEqual(['bug']);
      else expect([outcome, engine.inventory()]).toEqual(['INTERRUPTED', target().inventory()]);
    }
  });
});

describe('what a killed run left', () => {
  /** An import that stops in the middle without cleaning up, as by SIGKILL. */
  async function importAndDie(engine: MemoryEngine, file: string, creator: string): Promise<void> {
    let loads = 0;
    engine.beforeCall = ({ name }) => {
      if (name === 'images.load') loads += 1;
      return loads === 2 ? new Promise(() => undefined) : undefined;
    };
    importSnapshot(contextOf(engine, { creator }), { file }).catch(() => undefined);
    while (loads < 2) await sleep(5);
    engine.beforeCall = undefined;
    expect(await findSnapshots(engine)).toEqual([]);
  }

  test('is used by the next import', async () => {
    const file = await exported('killed.tar.zst');
    const engine = target();
    await importAndDie(engine, file, `${hostname()}:999999999:1`);
    const loadsBefore = engine.callNames.filter((name) => name === 'images.load').length;
    await importSnapshot(contextOf(engine), { file });
    expect(engine.callNames.filter((name) => name === 'images.load').length - loadsBefore).toBe(1);
    expect(await memoryHere(engine)).toEqual(MEMORY);
    expect(engine.inventory().containers).toEqual([]);
  });

  test('is left alone while its process may live', async () => {
    const file = await exported('alive.tar.zst');
    const engine = target();
    await importAndDie(engine, file, 'elsewhere:1:1');
    await expect(importSnapshot(contextOf(engine), { file })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(engine.inventory().containers).toHaveLength(2);
  });
});
