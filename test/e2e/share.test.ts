import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { CreatedSandbox, Sandbox } from '../../src/sandbox/index.js';
import type {
  ExportedSnapshot,
  ImportedSnapshot,
  PulledSnapshot,
  PushedSnapshot,
  RestoredSandbox,
  TakenSnapshot,
  WarmedCluster,
} from '../../src/snapshot/index.js';
import { type Entries, type Forgery, forge, readEntriesOf, writeEntries } from '../unit/snapshot/share/forge.js';
import { bds, docker, inNode, json, OWNER, ok, type Run } from './cli.js';
import { type SecondEngine, startSecondEngine } from './second-engine.js';
import { TINY } from './tiny.js';

const SECRET = 'correct horse';
const NAME = `bds-e2e-share-${process.pid}`;

let folder: string;
let second: SecondEngine;
let registry: { readonly container: string; readonly here: string; readonly there: string };
/** Environments: the engine of this machine, and the second one. */
let here: Record<string, string>;
let there: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-share-'));
  await ok(['images', 'build', 'tiny'], { environment: TINY });
  await docker('network', 'create', NAME);
  registry = await startRegistry();
  second = await startSecondEngine(NAME, NAME);
  const common = { ...TINY, DOCKER_CONFIG: path.join(folder, 'docker') };
  here = { ...common, BDSANDBOX_REGISTRY: registry.here };
  there = { ...common, BDSANDBOX_REGISTRY: registry.there, BDSANDBOX_ENGINE: second.endpoint };
  for (const environment of [here, there]) {
    await ok(['registry', 'login', '--user', 'qa', '--password-stdin'], { environment, input: `${SECRET}\n` });
  }
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  for (const name of ['e2e-share', 'e2e-travel', 'e2e-other']) await bds(['snapshots', 'rm', name, '--force']);
  await second?.stop();
  if (registry) await docker('rm', '-f', '-v', registry.container);
  await docker('network', 'rm', NAME);
  await rm(folder, { recursive: true, force: true });
});

/** With user and password; the engine of this machine and the second one reach it by different addresses. */
async function startRegistry(): Promise<typeof registry> {
  const own = (await ok(['images', 'ls', '-q'])).split('\n').find((name) => name.startsWith('bdsandbox/registry:'));
  const { hash } = await import('bcryptjs');
  await writeFile(path.join(folder, 'htpasswd'), `qa:${await hash(SECRET, 5)}\n`);
  const settings = [
    'REGISTRY_STORAGE_DELETE_ENABLED=true',
    'REGISTRY_AUTH=htpasswd',
    'REGISTRY_AUTH_HTPASSWD_REALM=e2e',
  ];
  const container = await docker(
    ...['run', '-d', '--network', NAME, '-p', '127.0.0.1::5000', '-v', `${folder}/htpasswd:/htpasswd:ro`],
    ...[...settings, 'REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd'].flatMap((each) => ['-e', each]),
    own ?? 'registry:2',
  );
  const address = await docker(
    'inspect',
    container,
    '--format',
    `{{(index .NetworkSettings.Networks "${NAME}").IPAddress}}`,
  );
  return { container, here: await docker('port', container, '5000/tcp'), there: `${address}:5000` };
}

/** Service by service, the processes of a sandbox. */
function pids({ nodes }: Sandbox): string[] {
  return nodes.flatMap(({ name, services }) => services.map((service) => `${name} ${service.name} ${service.pid}`));
}

/** Everything of a snapshot on the second engine, and whatever helped to bring it. */
async function traces(): Promise<string[]> {
  const lists = await Promise.all([
    second.docker('images', '-a', '--format', '{{.Repository}}:{{.Tag}}'),
    second.docker('ps', '-a', '--format', '{{.Names}}'),
    second.docker('volume', 'ls', '--format', '{{.Name}}'),
  ]);
  return lists.flatMap((list) => list.split('\n').filter((line) => line !== '')).sort();
}

function labelled(id: string): Forgery {
  return { indexLabels: (labels) => ({ ...labels, 'bdsandbox.snapshot.id': id }) };
}

function expectRefused(run: Run, exitCode: number, words: RegExp): void {
  expect(run.stderr).toMatch(words);
  expect(run.stderr).toMatch(/^ {2}next: /m);
  expect(run).toMatchObject({ exitCode, stdout: '' });
}

describe('a live snapshot of Hadoop and HBase', () => {
  test('goes through the registry to another engine, and lives there: same bytes, same processes', async () => {
    await ok(['create', 'hadoop-hbase', 'e2e-travel', '--nodes', '1'], { environment: here });
    const written = await inNode(
      'e2e-travel',
      `head -c 20000000 /dev/urandom > /tmp/random.bin
       hdfs dfs -mkdir -p /e2e; hdfs dfs -put /tmp/random.bin /e2e/random.bin
       sha256sum < /tmp/random.bin; rm /tmp/random.bin`,
    );
    const rows = `create 'e2e', 'f'\n100.times { |i| put 'e2e', "r#{i}", 'f:v', "value #{i}" }\n`;
    await ok(['exec', 'e2e-travel', '--', 'hbase', 'shell', '-n'], { input: rows });
    const before = await json<Sandbox>(['status', 'e2e-travel']);
    await json<TakenSnapshot>(['snapshot', 'e2e-travel', '--sandbox', 'e2e-travel', '--mode', 'live']);

    const pushed = await json<PushedSnapshot>(['snapshots', 'push', 'e2e-travel', '--yes'], { environment: here });
    expect(pushed).toMatchObject({ snapshot: 'e2e-travel', registry: registry.here, already: false });
    expect(pushed.bytes).toBeLessThan(700e6);
    await ok(['destroy', 'e2e-travel', '--force']);
    await ok(['snapshots', 'rm', 'e2e-travel', '--force']);

    const pulled = await json<PulledSnapshot>(['snapshots', 'pull', 'e2e-travel'], { environment: there });
    expect(pulled).toMatchObject({ snapshot: 'e2e-travel', id: pushed.id, mode: 'live', already: false });
    const restored = await json<RestoredSandbox>(['restore', 'e2e-travel', '--mode', 'live'], { environment: there });
    expect(restored).toMatchObject({ state: 'running', mode: 'live', parentSnapshot: 'e2e-travel' });
    expect(pids(restored).sort()).toEqual(pids(before).sort());
    const read = await inNode('e2e-travel', 'hdfs dfs -cat /e2e/random.bin | sha256sum', { environment: there });
    expect(read).toBe(written);
    const options = { environment: there, input: "get 'e2e', 'r42'\n" };
    expect(await ok(['exec', 'e2e-travel', '--', 'hbase', 'shell', '-n'], options)).toContain('value=value 42');
    await ok(['destroy', 'e2e-travel', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-travel', '--force'], { environment: there });
    expect(await traces()).toEqual([]);
  });
});

test('a golden is everybody’s: pushed here, the first create on another engine begins with it', async () => {
  const GOLDEN = { BDSANDBOX_GOLDEN: 'auto' };
  await ok(['images', 'build', 'tiny', '--push'], { environment: here });
  const words = ['tiny', '--nodes', '2'];
  const golden = await json<WarmedCluster>(['images', 'warm', ...words, '--push'], {
    environment: { ...here, ...GOLDEN },
  });
  expect(golden).toMatchObject({ origin: 'made', pushed: true });
  await ok(['snapshots', 'rm', golden.name, '--force']);
  try {
    const trusted = { BDSANDBOX_TRUSTED_REGISTRIES: registry.there };
    const options = { environment: { ...there, ...GOLDEN, ...trusted } };
    const created = await json<CreatedSandbox>(['create', ...words, 'e2e-golden'], options);
    expect(created).toMatchObject({ startedFrom: 'golden', state: 'running', parentSnapshot: null });
    await ok(['destroy', 'e2e-golden', '--force'], options);
    expect(await json<WarmedCluster>(['images', 'warm', ...words], options)).toMatchObject({ origin: 'engine' });
    // What cannot come is no more than a cold start.
    await ok(['snapshots', 'rm', golden.name, '--force'], options);
    const silent = { environment: { ...options.environment, BDSANDBOX_REGISTRY: '127.0.0.1:1' } };
    const cold = await json<CreatedSandbox>(['create', ...words, 'e2e-golden'], silent);
    expect(cold.startedFrom).toBe('cold');
    await ok(['destroy', 'e2e-golden', '--force'], options);
    await ok(['snapshots', 'rm', golden.name, '--force'], options);
    const images = await ok(['images', 'ls', '-q'], { environment: there });
    await ok(['images', 'rm', ...images.trim().split('\n')], { environment: there });
    expect(await traces()).toEqual([]);
  } finally {
    await bds(['destroy', 'e2e-golden', '--force'], { environment: there });
  }
});

describe('sharing', () => {
  let file: string;
  let before: Sandbox;
  let snapshot: TakenSnapshot;

  beforeAll(async () => {
    file = path.join(folder, 'e2e-share.tar.zst');
    await json<CreatedSandbox>(['create', 'tiny', 'e2e-share', '--nodes', '2'], { environment: here });
    await inNode('e2e-share/node2', 'head -c 100000 /dev/urandom > /data/random; sha256sum < /data/random > /data/sum');
    before = await json<Sandbox>(['status', 'e2e-share']);
    snapshot = await json<TakenSnapshot>(['snapshot', 'e2e-share', '--sandbox', 'e2e-share', '--mode', 'live']);
    await json<TakenSnapshot>(['snapshot', 'e2e-other', '--sandbox', 'e2e-share', '--mode', 'live']);
    await ok(['destroy', 'e2e-share', '--force']);
  });

  test('memory goes nowhere without --yes, where nobody can be asked', async () => {
    for (const verb of ['push', 'export']) {
      const run = await bds(['snapshots', verb, 'e2e-share'], { environment: here, cwd: folder });
      expectRefused(run, 2, /--yes/);
    }
  });

  test('by file: restored elsewhere with the same bytes and the same processes', async () => {
    const exported = await json<ExportedSnapshot>(['snapshots', 'export', 'e2e-share', '--yes', '-o', file]);
    expect(exported).toMatchObject({ snapshot: 'e2e-share', id: snapshot.id, file });
    expect((await stat(file)).size).toBe(exported.bytes);
    expectRefused(await bds(['snapshots', 'export', 'e2e-share', '--yes', '-o', file]), 5, /already/);

    const imported = await json<ImportedSnapshot>(['snapshots', 'import', file, '--trust'], { environment: there });
    expect(imported).toMatchObject({ snapshot: 'e2e-share', id: snapshot.id, already: false });
    const again = await json<ImportedSnapshot>(['snapshots', 'import', file], { environment: there });
    expect(again.already).toBe(true);
    const restored = await json<RestoredSandbox>(['restore', 'e2e-share', '--mode', 'live'], { environment: there });
    expect(pids(restored).sort()).toEqual(pids(before).sort());
    await inNode('e2e-share/node2', 'sha256sum < /data/random | cmp - /data/sum', { environment: there });
    await ok(['destroy', 'e2e-share', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-share', '--force'], { environment: there });
    expect(await traces()).toEqual([]);
  });

  test('by file, not trusted: from its files, as an ordinary container; with its memory when it is trusted', async () => {
    await ok(['snapshots', 'import', file], { environment: there });
    const live = await bds(['restore', 'e2e-share', '--mode', 'live'], { environment: there });
    expectRefused(live, 1, /came from a file.*--trust/s);
    const confined = await json<RestoredSandbox>(['restore', 'e2e-share'], { environment: there });
    expect(confined).toMatchObject({ mode: 'cold', confined: true, state: 'running' });
    await inNode('e2e-share/node2', 'sha256sum < /data/random | cmp - /data/sum', { environment: there });
    const rights = await second.docker('exec', 'bds.e2e-share', 'grep', '-E', '^(CapEff|Seccomp):', '/proc/1/status');
    // The engine's default set and NET_ADMIN; a filter.
    expect(rights.split(/\s+/)).toEqual(['CapEff:', '00000000a80435fb', 'Seccomp:', '2']);
    const kept = await json<TakenSnapshot>(['snapshot', 'e2e-deeper', '--sandbox', 'e2e-share'], {
      environment: there,
    });
    expect(kept).toMatchObject({ mode: 'cold', trusted: false, reason: expect.stringMatching(/confined/) });
    expectRefused(await bds(['snapshots', 'push', 'e2e-deeper', '--yes'], { environment: there }), 1, /--trust/);
    await ok(['destroy', 'e2e-share', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-deeper', '--force'], { environment: there });
    const restored = await json<RestoredSandbox>(['restore', 'e2e-share', '--trust'], { environment: there });
    expect(restored).toMatchObject({ mode: 'live', confined: false });
    expect(pids(restored).sort()).toEqual(pids(before).sort());
    await ok(['destroy', 'e2e-share', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-share', '--force'], { environment: there });
    expect(await traces()).toEqual([]);
  });

  describe('what is forged', () => {
    let entries: Entries;
    let other: { readonly id: string };
    let world: string[];
    const wholeWorld = async (): Promise<string[]> => [
      ...(await second.docker('images', '-a', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'))
        .split('\n')
        .sort(),
      ...(await traces()),
    ];

    beforeAll(async () => {
      const theirs = path.join(folder, 'e2e-other.tar.zst');
      other = await json<ExportedSnapshot>(['snapshots', 'export', 'e2e-other', '--yes', '-o', theirs]);
      await ok(['snapshots', 'import', theirs], { environment: there });
      world = await wholeWorld();
      entries = await readEntriesOf(file);
    });
    afterAll(() => bds(['snapshots', 'rm', 'e2e-other', '--force'], { environment: there }));

    test.each<[string, () => Forgery, RegExp]>([
      ['the id of another snapshot in its index', () => labelled(other.id), /differ/],
      ['a golden', () => ({ manifest: (given) => ({ ...given, golden: 'a'.repeat(64) }) }), /golden/],
      [
        'the volume of another as its memory',
        () => ({ manifest: (given) => ({ ...given, memory: { volume: `bds-memory.${other.id}`, bytes: 1 } }) }),
        /differ/,
      ],
    ])('a file with %s is refused, and nothing is touched', async (_, forgery, words) => {
      const forged = path.join(folder, 'forged.tar.zst');
      await writeEntries(forged, forge(entries, forgery()));
      expectRefused(await bds(['snapshots', 'import', forged, '--trust'], { environment: there }), 1, words);
      expect(await wholeWorld()).toEqual(world);
    });

    test('a name that another image has is not taken from it', async () => {
      const name = `bdsandbox/snapshot-node:${snapshot.id}.node2`;
      await second.docker('tag', 'bdsandbox/snapshot:e2e-other', name);
      const tagged = await wholeWorld();
      expectRefused(await bds(['snapshots', 'import', file], { environment: there }), 5, /another image is called/);
      expect(await wholeWorld()).toEqual(tagged);
      await second.docker('rmi', name);
    });

    test('an index in a registry with the id of another snapshot is refused, and nothing stays changed', async () => {
      await ok(['snapshots', 'push', 'e2e-share', '--yes', '--as', 'e2e-forged'], { environment: here });
      const remote = `${registry.here}/bdsandbox/snapshot:e2e-forged`;
      const context = path.join(folder, 'forged-index');
      await mkdir(context);
      await writeFile(
        path.join(context, 'Dockerfile'),
        `FROM bdsandbox/snapshot:e2e-share\nLABEL bdsandbox.snapshot.id=${other.id}\n`,
      );
      await docker('build', '-q', '-t', remote, context);
      await docker('--config', path.join(folder, 'docker'), 'push', '-q', remote);
      await docker('rmi', remote);
      expectRefused(await bds(['snapshots', 'pull', 'e2e-forged'], { environment: there }), 1, /differ/);
      expect(await wholeWorld()).toEqual(world);
    });
  });

  test('a file that is cut off, altered or another: exit 1, and nothing was touched', async () => {
    const { size } = await stat(file);
    const broken = path.join(folder, 'broken.tar.zst');
    for (const at of [0.1, 0.5, 0.9, 1 - 20 / size]) {
      await copyFile(file, broken);
      await truncate(broken, Math.floor(size * at));
      expectRefused(await bds(['snapshots', 'import', broken], { environment: there }), 1, /damaged or cut off/);
    }
    for (const at of [0.001, 0.5, 0.999]) {
      await copyFile(file, broken);
      const handle = await open(broken, 'r+');
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.floor(size * at));
      await handle.write(Buffer.from([buffer[0] === undefined ? 0 : buffer[0] ^ 0x55]), 0, 1, Math.floor(size * at));
      await handle.close();
      expectRefused(await bds(['snapshots', 'import', broken], { environment: there }), 1, /damaged|altered/);
    }
    await writeFile(broken, 'no snapshot');
    expectRefused(await bds(['snapshots', 'import', broken], { environment: there }), 1, /is no snapshot/);
    expect(await traces()).toEqual([]);
  });

  test('an import that is killed leaves no snapshot, and the next one ends it', async () => {
    const started = Date.now();
    await ok(['snapshots', 'import', file], { environment: there });
    const durationMs = Date.now() - started;
    await ok(['snapshots', 'rm', 'e2e-share', '--force'], { environment: there });
    for (const part of [0.4, 0.6, 0.8, 0.95]) {
      const child = spawn(inject('program'), ['snapshots', 'import', file], {
        stdio: 'ignore',
        env: { ...process.env, BDSANDBOX_OWNER: OWNER, ...there },
      });
      const ended = once(child, 'exit');
      await sleep(durationMs * part);
      child.kill('SIGKILL');
      const [code] = await ended;
      if (code === null) expect(await ok(['snapshots', 'ls', '-q'], { environment: there })).toBe('');
    }
    await ok(['snapshots', 'import', file, '--trust'], { environment: there });
    const restored = await json<RestoredSandbox>(['restore', 'e2e-share', '--mode', 'live'], { environment: there });
    expect(pids(restored).sort()).toEqual(pids(before).sort());
    await ok(['destroy', 'e2e-share', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-share', '--force'], { environment: there });
    expect(await traces()).toEqual([]);
  });

  test('restore pulls what is not here; a name means one snapshot', async () => {
    const pushed = await json<PushedSnapshot>(['snapshots', 'push', 'e2e-share', '--yes'], { environment: here });
    expect(pushed.bytes).toBeGreaterThan(0);
    const again = await json<PushedSnapshot>(['snapshots', 'push', 'e2e-share', '--yes'], { environment: here });
    expect(again).toMatchObject({ already: true, bytes: 0 });
    const other = ['snapshots', 'push', 'e2e-other', '--as', 'e2e-share', '--yes'];
    expectRefused(await bds(other, { environment: here }), 5, /another snapshot e2e-share/);
    expectRefused(await bds(['snapshots', 'pull', 'e2e-none'], { environment: there }), 3, /no snapshot e2e-none/);
    expectRefused(await bds(['restore', 'e2e-none'], { environment: there }), 3, /no snapshot e2e-none/);

    const restored = await json<RestoredSandbox>(['restore', 'e2e-share'], { environment: there });
    expect(restored.mode).toBe('live');
    expect(pids(restored).sort()).toEqual(pids(before).sort());
    await ok(['destroy', 'e2e-share', '--force'], { environment: there });
    expect(await json<PulledSnapshot>(['snapshots', 'pull', 'e2e-share'], { environment: there })).toMatchObject({
      already: true,
    });
    await ok([...other, '--force'], { environment: here });
    expectRefused(await bds(['snapshots', 'pull', 'e2e-share'], { environment: there }), 5, /another snapshot/);
    await ok(['snapshots', 'pull', 'e2e-share', '--as', 'e2e-other'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-other', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-share', '--force'], { environment: there });
    await ok(['snapshots', 'rm', 'e2e-share', '--remote', '--force'], { environment: here });
    expectRefused(await bds(['snapshots', 'pull', 'e2e-share'], { environment: there }), 3, /no snapshot e2e-share/);
    expect(await traces()).toEqual([]);
  });

  test('what was altered in the registry is refused: another image, an altered layer', async () => {
    await ok(['snapshots', 'push', 'e2e-share', '--yes', '--force'], { environment: here });
    const remote = (node: string): string =>
      `${registry.here}/${snapshot.nodes.find((each) => each.name === node)?.image}`;
    const client = (...args: string[]) => docker('--config', path.join(folder, 'docker'), ...args);
    const own = snapshot.nodes.find(({ name }) => name === 'node2')?.image ?? '';
    await docker('tag', snapshot.nodes.find(({ name }) => name === 'node1')?.image ?? '', remote('node2'));
    await client('push', '-q', remote('node2'));
    // With its digest there: moved to another image, the name would leave that behind, and the image with it.
    await docker('rmi', remote('node2'));
    expectRefused(await bds(['snapshots', 'pull', 'e2e-share'], { environment: there }), 1, /node2 was altered/);
    expect(await traces()).toEqual([]);

    await docker('tag', own, remote('node2'));
    await client('push', '-q', remote('node2'));
    await docker('rmi', remote('node2'));
    // The smallest layers of all are the nodes' own: one byte of each is changed on the registry's disk.
    await docker(
      ...['exec', registry.container, 'sh', '-c'],
      `cd /var/lib/registry/docker/registry/v2/blobs/sha256
       for f in $(find . -name data -size -200k); do
         if [ "$(head -c 2 $f | od -An -tx1 | tr -d ' ')" = 1f8b ]; then printf X | dd of=$f bs=1 seek=30 conv=notrunc 2>/dev/null; fi
       done`,
    );
    const run = await bds(['snapshots', 'pull', 'e2e-share'], { environment: there });
    expectRefused(run, 1, /e2e-share|snapshot/);
    expect(await traces()).toEqual([]);
  });
});
