import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemoryEngine, MemoryRegistry } from '../../../../src/engine/memory/index.js';
import {
  exportSnapshot,
  findSnapshots,
  importSnapshot,
  type Manifest,
  pruneSnapshots,
  pullSnapshot,
  pushSnapshot,
} from '../../../../src/snapshot/index.js';
import { contextOf, ID, putSnapshot, REGISTRY, shareEngine, VOLUME } from './fixture.js';
import { type Entries, type Forgery, forge, pushEntries, readEntriesOf, sha256, writeEntries } from './forge.js';

/** Of a snapshot that is here: the same in its first 12 characters, and another one. */
const NEAR = `${ID.slice(0, 12)}${ID.slice(12).replaceAll('4', '7')}`;
const FAR = '99999999-2222-4333-8444-555555555555';
const PULL = { name: 'bug', registry: REGISTRY, trusted: true };

let folder: string;
let original: Entries;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-forged-'));
  const source = shareEngine();
  const { file } = await exportSnapshot(contextOf(source), await putSnapshot(source, 'bug'), {
    file: path.join(folder, 'bug.tar.zst'),
    force: true,
  });
  original = await readEntriesOf(file);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** All that an engine has: images with all their names, volumes with all that is in them, containers. */
async function worldOf(engine: MemoryEngine): Promise<object> {
  const images = (await engine.images.list({})).map(({ id, references }) => [id, [...references].sort()] as const);
  const { containers, networks, volumes } = engine.inventory();
  const memory: string[] = [];
  for (const volume of volumes) {
    for (const id of [ID, NEAR, FAR]) {
      const mounts = [{ volume, path: '/m', readOnly: true }];
      const spec = { name: 'probe', image: 'bdsandbox/tiny:1', hostname: 'probe', labels: {}, environment: {}, mounts };
      const probe = await engine.containers.create(spec);
      for (const node of ['node1', 'node2']) {
        const content = await engine.containers.readFile(probe, `/m/${id}/${node}/pages.img`);
        if (content) memory.push(`${volume} ${id} ${node} ${content}`);
      }
      await engine.containers.remove(probe);
    }
  }
  return { containers, networks, volumes, memory, images: images.sort(([a], [b]) => a.localeCompare(b)) };
}

/** Somebody's engine, with a snapshot whose id is nearly that of the file, and one with another. */
async function victim(registry?: MemoryRegistry): Promise<MemoryEngine> {
  const engine = shareEngine(registry);
  await putSnapshot(engine, 'near', { id: NEAR });
  await putSnapshot(engine, 'precious', { id: FAR });
  return engine;
}

const plan = (change: (nodes: Manifest['plan']['nodes']) => object[]): Forgery => ({
  manifest: (manifest) => ({ ...manifest, plan: { ...manifest.plan, nodes: change(manifest.plan.nodes) } }),
});
const manifest = (more: object): Forgery => ({ manifest: (given) => ({ ...given, ...more }) });
const firstNode = (more: object): Forgery => plan(([first, ...others]) => [{ ...first, ...more }, ...others]);
const named = (name: string): Forgery => ({
  manifest: (given) => ({
    ...given,
    plan: { ...given.plan, nodes: given.plan.nodes.map((node, at) => (at === 0 ? { ...node, name } : node)) },
    nodes: given.nodes.map((node, at) => (at === 0 ? { ...node, name } : node)),
  }),
});
const service = (more: object): Forgery =>
  plan((nodes) => nodes.map((node) => ({ ...node, services: [{ ...node.services[0], ...more }] })));

/** Refused in a file and from a registry alike. */
const FORGERIES: readonly (readonly [string, Forgery, RegExp])[] = [
  [
    'an index with the id of another snapshot',
    { indexLabels: (l) => ({ ...l, 'bdsandbox.snapshot.id': FAR }) },
    /differ/,
  ],
  ['images of nodes with the id of another', { nodeLabels: (l) => ({ ...l, 'bdsandbox.snapshot.id': FAR }) }, /differ/],
  ['a manifest with the id of another', manifest({ id: FAR }), /not called as those of snapshots/],
  ['an id that is none', manifest({ id: '../../x' }), /UUID/],
  ['a golden', manifest({ golden: 'a'.repeat(64) }), /golden/],
  [
    'a memory volume that its images do not name',
    manifest({ memory: { volume: 'bds.other.87654321', bytes: 30 } }),
    /differ/,
  ],
  ['a role of another thing', { nodeLabels: (l) => ({ ...l, 'bdsandbox.role': 'registry' }) }, /label bdsandbox\.role/],
  [
    'an image called as another',
    { manifest: (given) => ({ ...given, nodes: given.nodes.map((node) => ({ ...node, image: 'bdsandbox/tiny:1' })) }) },
    /not called as those of snapshots/,
  ],
  [
    'a plan with nodes that it has no images of',
    { manifest: (given) => ({ ...given, nodes: given.nodes.slice(1) }) },
    /other nodes/,
  ],
  ['a node called ../../x', named('../../x'), /name/],
  ['a node called localhost', named('localhost'), /localhost/],
  ['a node with a dot', named('node1.example'), /name/],
  ['a node with a line break', named('node1\n127.0.0.1 evil'), /name/],
  ['two nodes of one name', plan(([first, second]) => [first ?? {}, { ...second, name: 'node1' }]), /same name/],
  ['two nodes of one index', plan(([first, second]) => [first ?? {}, { ...second, index: 1 }]), /indexes/],
  ['an address of somebody else', firstNode({ address: '10.0.0.1' }), /addresses/],
  ['an address of another node', firstNode({ address: '10.255.0.2' }), /addresses/],
  ['too many nodes', plan((nodes) => Array(300).fill(nodes[0])), /254|plan/],
  ['a service called ../x', service({ name: '../x' }), /name/],
  ['a log that leads out', service({ log: '/var/log/../../etc/shadow' }), /path/],
  ['a log with a line break', service({ log: '/var/log/x\ny' }), /path/],
  [
    'a port that is none',
    service({ ports: [{ name: 'web', port: 70_000, protocol: 'http', publish: true, path: '/' }] }),
    /65535/,
  ],
  [
    'a page that leads elsewhere',
    service({ ports: [{ name: 'web', port: 80, protocol: 'http', publish: true, path: '@evil' }] }),
    /page/,
  ],
  ['an owner with an escape sequence', manifest({ owner: '\u001b[2J' }), /owner/],
  ['a manifest that is too large', manifest({ note: 'x'.repeat(2 << 20) }), /characters|too large/],
];

describe.each(FORGERIES)('%s', (_, forgery, words) => {
  test('is refused in a file, and nothing is touched', async () => {
    const file = path.join(folder, 'forged.tar.zst');
    await writeEntries(file, forge(original, forgery));
    const engine = await victim();
    const before = await worldOf(engine);
    const calls = engine.callCount;
    await expect(importSnapshot(contextOf(engine), { file, trust: true })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(words),
      hint: expect.stringMatching(/./),
    });
    // Not even asked.
    expect(engine.callCount).toBe(calls);
    expect(await worldOf(engine)).toEqual(before);
  });

  test('is refused from a registry, and nothing stays changed', async () => {
    const registry: MemoryRegistry = new Map();
    const engine = await victim(registry);
    await pushForged(registry, forgery);
    const before = await worldOf(engine);
    await expect(pullSnapshot(contextOf(engine), PULL)).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(words),
    });
    expect(await worldOf(engine)).toEqual(before);
  });
});

/** A registry with all of the snapshot, its memory too, whose index and nodes are then replaced. */
async function pushForged(registry: MemoryRegistry, forgery: Forgery): Promise<void> {
  const evil = shareEngine(registry);
  const snapshot = await putSnapshot(evil, 'bug');
  await pushSnapshot(contextOf(evil), snapshot, { registry: REGISTRY, force: true });
  await pushEntries(shareEngine(registry).images, REGISTRY, forge(original, forgery));
}

const add = (name: string, content: Buffer | object): Forgery => ({ entries: (entries) => entries.set(name, content) });

describe('a file', () => {
  test.each<[string, Forgery, RegExp]>([
    [
      'a description of another snapshot',
      { about: (about) => ({ ...about, manifest: { ...about.manifest, sandbox: 'x' } }) },
      /another snapshot/,
    ],
    ['an entry that is not listed', add('images/evil.json', Buffer.from('{}')), /evil/],
    ['an entry beside all folders', add('evil', Buffer.from('x')), /evil/],
    ['memory of a node that it does not have', add('memory/node9.tar.zst', Buffer.from('x')), /node9/],
    ['no memory of a node', { entries: (entries) => entries.delete('memory/node2.tar.zst') }, /node2/],
    ['an absolute name', add('/etc/passwd', Buffer.from('x')), /passwd/],
    ['a name that leads out', add('images/../../x', Buffer.from('x')), /\.\./],
    [
      'a link that leads out',
      add('images/aa/layer.tar', { type: 'symlink', linkname: '../../../etc/shadow' }),
      /symlink/,
    ],
    ['a hard link', add('images/hard', { type: 'link', linkname: 'bdsandbox.json' }), /link/],
    ['a device', add('images/zero', { type: 'character-device' }), /device/],
    ['a pipe', add('images/pipe', { type: 'fifo' }), /fifo/],
    [
      'one image more',
      { saved: (lines) => [...lines, { ...lines[0], Config: extra }], entries: (e) => e.set(`images/${extra}`, EXTRA) },
      /image more/,
    ],
    [
      'a name that another image has',
      { saved: (lines) => lines.map((line) => ({ ...line, RepoTags: ['bdsandbox/tiny:1'] })) },
      /tiny:1/,
    ],
  ])('with %s is refused, and nothing is touched', async (_, forgery, words) => {
    const file = path.join(folder, 'forged.tar.zst');
    await writeEntries(file, forge(original, forgery));
    const engine = await victim();
    const before = await worldOf(engine);
    const calls = engine.callCount;
    await expect(importSnapshot(contextOf(engine), { file, trust: true })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(words),
    });
    expect(engine.callCount).toBe(calls);
    expect(await worldOf(engine)).toEqual(before);
  });

  test('that unpacks to more than it says is read no further', async () => {
    const file = path.join(folder, 'bomb.tar.zst');
    await writeEntries(
      file,
      forge(original, {
        about: (about) => ({ ...about, bytes: 1000 }),
        entries: (entries) => entries.set('memory/node1.tar.zst', Buffer.alloc(64 << 20)),
      }),
    );
    const engine = await victim();
    await expect(importSnapshot(contextOf(engine), { file })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(/more than it says/),
    });
  });

  test('whose numbers are larger than the disk is refused before anything is brought', async () => {
    const file = path.join(folder, 'huge.tar.zst');
    const huge = (given: Manifest): object => ({
      ...given,
      nodes: given.nodes.map((node) => ({ ...node, memoryBytes: 1e12 })),
    });
    await writeEntries(file, forge(original, { manifest: huge }));
    const engine = await victim();
    const before = await worldOf(engine);
    const machine = async () => ({ memoryBytes: 1e9, diskBytes: 1e10 });
    await expect(importSnapshot(contextOf(engine, { machine }), { file })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await worldOf(engine)).toEqual(before);
  });

  test('that is a zstd bomb from its first byte is refused', async () => {
    const file = path.join(folder, 'zeros.zst');
    await writeFile(file, zstdCompressSync(Buffer.alloc(64 << 20)));
    await expect(importSnapshot(contextOf(await victim()), { file })).rejects.toMatchObject({ code: 'FAILED' });
  });

  test.each(['pipe', 'socket', 'folder', '/dev/zero'])('that is a %s is refused at once', async (kind) => {
    const file = kind.startsWith('/') ? kind : path.join(folder, kind);
    await using socket = createServer();
    if (kind === 'pipe') await promisify(execFile)('mkfifo', [file]);
    if (kind === 'folder') await promisify(execFile)('mkdir', [file]);
    if (kind === 'socket') await new Promise<void>((resolve) => socket.listen(file, resolve));
    else socket.listen(0);
    const engine = await victim();
    await expect(importSnapshot(contextOf(engine), { file })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(kind === 'socket' ? /cannot read/ : /no regular file/),
    });
  });
});

/** The config of an image that nobody asked for. */
const EXTRA = Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}');
const extra = `${sha256(EXTRA)}.json`;

describe('what is here already', () => {
  let engine: MemoryEngine;
  let file: string;

  beforeEach(async () => {
    engine = await victim();
    file = path.join(folder, 'good.tar.zst');
    await writeEntries(file, forge(original, {}));
  });

  test('keeps its names when the file has an id that begins like it', async () => {
    const before = (await findSnapshots(engine)).find(({ name }) => name === 'near');
    await importSnapshot(contextOf(engine), { file });
    for (const { image, digest } of before?.nodes ?? []) {
      expect((await engine.images.inspect(image))?.id).toBe(digest);
    }
  });

  test('keeps its name when another image has one that the file wants', async () => {
    await engine.images.tag('bdsandbox/tiny:1', `bdsandbox/snapshot-node:${ID}.node2`);
    const before = await worldOf(engine);
    await expect(importSnapshot(contextOf(engine), { file })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/another image is called/),
    });
    expect(await worldOf(engine)).toEqual(before);
  });

  test('is not trusted for a file with the same id and other content', async () => {
    const forged = path.join(folder, 'forged.tar.zst');
    await writeEntries(forged, forge(original, { manifest: (given) => ({ ...given, note: 'another' }) }));
    await importSnapshot(contextOf(engine), { file: forged });
    const before = await worldOf(engine);
    await expect(importSnapshot(contextOf(engine), { file, trust: true })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await worldOf(engine)).toEqual(before);
  });

  test('keeps its memory, although the file names its volume: the new memory is elsewhere', async () => {
    const before = await worldOf(engine);
    await importSnapshot(contextOf(engine), { file });
    const [arrived] = (await findSnapshots(engine)).filter(({ name }) => name === 'bug');
    expect(arrived?.memory?.volume).toBe(`bds-memory.${ID}`);
    expect(await worldOf(engine)).toMatchObject({
      volumes: [`bds-memory.${ID}`, VOLUME],
      memory: expect.arrayContaining((before as { memory: string[] }).memory),
    });
  });

  test('is not taken by a volume of that name which somebody else made', async () => {
    await engine.volumes.create({ name: `bds-memory.${ID}`, labels: {} });
    const before = await worldOf(engine);
    await expect(importSnapshot(contextOf(engine), { file })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await worldOf(engine)).toEqual({ ...before });
  });

  test('is never mounted writable in a container of what comes', async () => {
    const mounted: string[] = [];
    const create = engine.containers.create.bind(engine.containers);
    engine.containers.create = async (spec) => {
      for (const { volume, readOnly } of spec.mounts ?? []) {
        if (!readOnly) mounted.push(`${volume} ${(await engine.images.inspect(spec.image))?.references.join()}`);
        expect(spec.capabilities ?? []).toEqual([]);
      }
      return create(spec);
    };
    await importSnapshot(contextOf(engine), { file });
    expect(mounted).toEqual([`bds-memory.${ID} bdsandbox/tiny:1`]);
  });

  test('stays when prune removes what a killed run of a forged one left', async () => {
    const labels = (id: string) => ({
      ...{ 'bdsandbox.snapshot.id': id, 'bdsandbox.snapshot.role': 'node', 'bdsandbox.memory': VOLUME },
      ...{ 'bdsandbox.creator': 'elsewhere:1:1', 'bdsandbox.deadline': '2026-01-01T00:00:00.000Z' },
    });
    const before = await worldOf(engine);
    engine.addImage('evil/one:1', { labels: labels('x; rm -rf /memory') });
    engine.addImage('evil/two:1', { labels: labels('77777777-2222-4333-8444-555555555555') });
    await pruneSnapshots(contextOf(engine).engines);
    expect(await worldOf(engine)).toEqual(before);
  });
});
