import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ContainerSpec } from '../../../src/engine/index.js';
import {
  ConflictError,
  EngineFailedError,
  FailedError,
  InterruptedError,
  ServiceFailedError,
  UsageError,
} from '../../../src/errors/index.js';
import { type FlowEvent, silent } from '../../../src/events/index.js';
import { destroySandboxes, findSandboxes, prune } from '../../../src/sandbox/index.js';
import {
  findSnapshot,
  type Manifest,
  pruneSnapshots,
  pushSnapshot,
  removeSnapshot,
  type Snapshot,
} from '../../../src/snapshot/index.js';
import { AGENT } from '../sandbox/fixture.js';
import {
  allMemory,
  contextOf,
  create,
  criuLogs,
  DEAD,
  failureOf,
  filesIn,
  killedAt,
  newScene,
  recordOf,
  restore,
  type Scene,
  take,
} from './fixture.js';

const broken = new EngineFailedError('the engine broke', 'mend it');

interface Taken extends Scene {
  readonly snapshot: Manifest;
}

async function taken(mode: 'live' | 'cold' = 'live'): Promise<Taken> {
  const scene = await newScene();
  const { timings: _, ...snapshot } = await take(scene.engine, { mode });
  return { ...scene, snapshot };
}

async function destroy(engine: Scene['engine'], name: string): Promise<void> {
  await destroySandboxes(contextOf(engine).engines, [await recordOf(engine, name)], silent);
}

describe('a live restore', () => {
  test('is a sandbox of its own that tells where it comes from', async () => {
    const { engine, nodes, snapshot } = await taken();
    const sandbox = await restore(engine, snapshot);
    expect(sandbox).toMatchObject({
      name: 'bug',
      mode: 'live',
      reason: '',
      state: 'running',
      startedFrom: 'snapshot',
      parentSnapshot: 'bug',
      template: 'tiny',
    });
    expect(sandbox.nodes.map(({ name, container }) => [name, container])).toEqual([
      ['node1', 'bds.bug'],
      ['node2', 'bds.bug.node2'],
    ]);
    const record = await recordOf(engine, 'bug');
    for (const { summary } of record.containers) {
      expect(summary.labels).toMatchObject({
        'bdsandbox.parent.id': snapshot.id,
        'bdsandbox.parent': 'bug',
        'bdsandbox.snapshot.role': '',
      });
    }
    expect(record.containers.map(({ summary }) => summary.image)).toEqual(snapshot.nodes.map(({ digest }) => digest));
    await nodes.expectFreeSoon();
  });

  test('whose service does not answer fails, and nothing of it stays', async () => {
    const { engine, nodes, snapshot } = await taken();
    const before = engine.inventory();
    nodes.waitCode = 1;
    expect(await failureOf(restore(engine, snapshot))).toBeInstanceOf(ServiceFailedError);
    expect(engine.inventory()).toEqual(before);
    await nodes.expectFreeSoon();
  });

  test('has the files of the moment, its memory read-only, and a volume of its own', async () => {
    const { engine, nodes, snapshot } = await taken();
    await engine.containers.writeFiles('bds.demo', [{ path: '/later', content: '' }]);
    const specs = spy(engine);
    await restore(engine, snapshot);
    expect(nodes.environment['BDSANDBOX_RESTORE']).toBe(snapshot.id);
    expect(await engine.containers.pathExists('bds.bug', '/etc/bdsandbox/plan.json')).toBe(true);
    expect(await engine.containers.pathExists('bds.bug', '/later')).toBe(false);
    const { attempt } = await recordOf(engine, 'bug');
    expect(specs.map(({ mounts }) => mounts)).toEqual(
      Array(2).fill([
        { volume: `bds.bug.${attempt.slice(0, 8)}`, path: '/var/lib/bdsandbox/memory', readOnly: false },
        { volume: snapshot.memory?.volume, path: '/var/lib/bdsandbox/origin', readOnly: true },
      ]),
    );
  });

  test('lets no node hear the others before all are back', async () => {
    const { engine, nodes, snapshot } = await taken();
    const order: string[] = [];
    nodes.atPhase = async (phase, node) => {
      if (phase === 'thaw' && node === 'node1') await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(phase);
    };
    await restore(engine, snapshot);
    // Node 1 keeps how it came to be, and the mark that it is complete.
    expect(order).toEqual(['thaw', 'thaw', 'unfence', 'unfence', 'resume', 'resume', 'write', 'write']);
  });

  test('several at once have names of their own', async () => {
    const { engine, nodes, snapshot } = await taken();
    const made = await Promise.all([restore(engine, snapshot), restore(engine, snapshot), restore(engine, snapshot)]);
    expect(made.map(({ name }) => name).sort()).toEqual(['bug', 'bug-2', 'bug-3']);
    expect(made.every(({ mode, state }) => mode === 'live' && state === 'running')).toBe(true);
    await nodes.expectFreeSoon();
  });

  test('can be taken again: the snapshot knows its parent, and has memory of its own', async () => {
    const { engine, snapshot } = await taken();
    await restore(engine, snapshot, { name: 'clone' });
    const { timings: _, ...second } = await take(engine, { of: 'clone', name: 'deeper' });
    expect(second).toMatchObject({
      parent: { id: snapshot.id, name: 'bug' },
      sandbox: 'clone',
      changes: [
        { what: 'created', sandbox: 'demo' },
        { what: 'restored', sandbox: 'clone', snapshot: 'bug', id: snapshot.id, mode: 'live' },
      ],
    });
    expect(second.memory?.volume).toMatch(/^bds\.clone\./);
    const helpers = await engine.containers.list({ 'bdsandbox.snapshot.role': 'work' });
    expect(helpers).toEqual([]);
    const grandchild = await restore(engine, second);
    expect(grandchild).toMatchObject({ name: 'deeper', mode: 'live', parentSnapshot: 'deeper' });
    const record = await recordOf(engine, 'deeper');
    expect(record.containers[0]?.summary.labels['bdsandbox.parent.id']).toBe(second.id);
  });
});

describe('one that nobody said to trust', () => {
  async function foreign(): Promise<Scene & { readonly foreign: Snapshot }> {
    const { engine, nodes, snapshot } = await taken();
    await engine.images.tag('bdsandbox/snapshot:bug', `bdsandbox/snapshot-from:file.${snapshot.id}`);
    await engine.images.tag('bdsandbox/snapshot:bug', `bdsandbox/snapshot-foreign:${snapshot.id}`);
    return { engine, nodes, foreign: await findSnapshot(engine, 'bug') };
  }

  test('starts from its files with the rights of any container, without its memory, and says so', async () => {
    const scene = await foreign();
    const { engine } = scene;
    expect(scene.foreign).toMatchObject({ origin: 'file', trusted: false });
    const specs = spy(engine);
    const events: FlowEvent[] = [];
    const report = (event: FlowEvent): void => void events.push(event);
    const restored = await restore(engine, scene.foreign, {}, { report });
    expect(restored).toMatchObject({ mode: 'cold', confined: true, state: 'running' });
    expect(specs.map(({ capabilities, securityOptions }) => [capabilities, securityOptions])).toEqual(
      Array(2).fill([['NET_ADMIN'], []]),
    );
    expect(specs.flatMap(({ mounts = [] }) => mounts).map(({ path }) => path)).toEqual(
      Array(2).fill('/var/lib/bdsandbox/memory'),
    );
    const warnings = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
    expect(warnings).toEqual([expect.stringMatching(/^bug came from a file, .*rights of any container.*--trust$/)]);
  });

  test('is not restored live, and nothing is made', async () => {
    const scene = await foreign();
    const before = scene.engine.inventory();
    const error = await failureOf(restore(scene.engine, scene.foreign, { mode: 'live' }));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ hint: expect.stringContaining('bdsandbox restore bug --mode live --trust') });
    expect(scene.engine.inventory()).toEqual(before);
  });

  test('is restored as any other when it is trusted', async () => {
    const scene = await foreign();
    const specs = spy(scene.engine);
    // What came from elsewhere has a volume of its own.
    const memory = await findSnapshot(scene.engine, 'bug').then(({ memory: own }) => own?.volume ?? '');
    expect(memory).toBe(`bds-memory.${scene.foreign.id}`);
    const trusted = { ...scene.foreign, memory: (await taken()).snapshot.memory };
    expect(await restore(scene.engine, trusted, { trust: true })).toMatchObject({ confined: false });
    expect(specs[0]?.capabilities).toContain('SYS_ADMIN');
  });

  test('passes that on to snapshots of its sandbox: cold, not trusted, and not pushed', async () => {
    const scene = await foreign();
    const { engine } = scene;
    await restore(engine, scene.foreign, { name: 'clone' });
    expect(await failureOf(take(engine, { of: 'clone', name: 'deeper', mode: 'live' }))).toMatchObject({
      message: expect.stringMatching(/confined/),
    });
    const deeper = await take(engine, { of: 'clone', name: 'deeper' });
    expect(deeper).toMatchObject({ mode: 'cold', reason: expect.stringMatching(/confined/), trusted: false });
    const found = await findSnapshot(engine, 'deeper');
    expect(found).toMatchObject({ origin: 'here', trusted: false });
    expect(await restore(engine, found)).toMatchObject({ confined: true });
    const push = { registry: '127.0.0.1:5000', force: false };
    expect(await failureOf(pushSnapshot(contextOf(engine), found, push))).toMatchObject({
      code: 'FAILED',
      hint: expect.stringContaining('snapshots push deeper --trust'),
    });
  });
});

describe('a restore is cold', () => {
  test.each<[string, (taken: Taken) => Manifest | Promise<Manifest>, string]>([
    ['its memory is gone', ({ snapshot }) => withMemory(snapshot, 'nowhere'), 'its memory images are gone'],
    [
      'the kernel is another',
      ({ snapshot }) => ({ ...snapshot, platform: { ...snapshot.platform, kernel: '5.4.0' } }),
      'it was taken on kernel 5.4.0, this is 6.12.0',
    ],
    [
      'its nodes do not know the words',
      ({ snapshot }) => ({ ...snapshot, platform: { ...snapshot.platform, words: 1 } }),
      'its nodes are of an older bdsandbox',
    ],
    [
      'the CPU of this host lacks something',
      ({ snapshot }) => ({
        ...snapshot,
        host: 'elsewhere',
        platform: { ...snapshot.platform, cpuFlags: ['sse', 'avx512f', 'amx'] },
      }),
      'this CPU lacks avx512f, amx',
    ],
    [
      'this host has too little memory',
      ({ nodes, snapshot }) => {
        nodes.memoryFreeBytes = 100;
        return { ...snapshot, host: 'elsewhere' };
      },
      'it needs 0.0 GB of memory, and 0.0 GB are free',
    ],
    [
      'CRIU does not run on this host',
      ({ nodes, snapshot }) => {
        nodes.unable = { reason: 'CRIU does not run here' };
        return { ...snapshot, host: 'elsewhere' };
      },
      'CRIU does not run here',
    ],
    ['it was taken cold', async () => (await taken('cold')).snapshot, 'it was taken cold'],
  ])('when %s; live is refused then', async (_, prepare, reason) => {
    const scene = await taken();
    const { engine, nodes } = scene;
    const changed = await prepare(scene);
    // Where the case brings a snapshot of another engine, the images are those of the first one.
    const snapshot = { ...changed, nodes: scene.snapshot.nodes };
    const before = engine.inventory();
    const error = await failureOf(restore(engine, snapshot, { mode: 'live' }));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: `bug cannot be restored live: ${reason}` });
    expect(engine.inventory()).toEqual(before);

    const events: FlowEvent[] = [];
    const sandbox = await restore(engine, snapshot, {}, { report: (event) => events.push(event) });
    expect(sandbox).toMatchObject({ mode: 'cold', reason, state: 'running' });
    expect(events).toContainEqual({
      type: 'notice',
      level: 'warning',
      message: `bug starts from its files${loss(snapshot)}: ${reason}`,
    });
    expect(nodes.words.some((word) => word.endsWith('unfence'))).toBe(false);
    expect(engine.inventory().containers.filter((name) => name.startsWith('bds-'))).toEqual([]);
  });

  test('when asked for: no memory is mounted, and the image’s own memory is not put back', async () => {
    const { engine, snapshot } = await taken();
    let environment: Readonly<Record<string, string>> = {};
    engine.when([AGENT, 'wait'], (run) => {
      environment = run.environment;
    });
    const specs = spy(engine);
    const sandbox = await restore(engine, snapshot, { mode: 'cold' });
    expect(sandbox).toMatchObject({ mode: 'cold', reason: '' });
    expect(environment['BDSANDBOX_RESTORE']).toBe('');
    expect(specs.map(({ mounts }) => mounts?.length)).toEqual([1, 1]);
  });

  test.each(['node1', 'node2'])(
    'when CRIU fails in %s, after all is removed again; live is refused then',
    async (node) => {
      const { engine, nodes, snapshot } = await taken();
      const before = engine.inventory();
      nodes.failure = { node, phase: 'thaw', reason: 'CRIU: Error: pid 17 is taken' };
      const message = `${node}: CRIU: Error: pid 17 is taken`;
      await expect(restore(engine, snapshot, { mode: 'live' })).rejects.toMatchObject({ message });
      expect(engine.inventory()).toEqual(before);
      await nodes.expectFreeSoon();
      const sandbox = await restore(engine, snapshot);
      expect(sandbox).toMatchObject({ name: 'bug', mode: 'cold', reason: message, state: 'running' });
      expect(engine.inventory().containers).toEqual(['bds.bug', 'bds.bug.node2', 'bds.demo', 'bds.demo.node2']);
      await nodes.expectFreeSoon();
    },
  );

  test('when CRIU fails it says in our words why, what is lost, and where the log is', async () => {
    const { engine, nodes, snapshot } = await taken();
    const log = "  17: Error (criu/files-reg.c:2353): Can't open file mnt/x on restore: No such file or directory\n";
    nodes.failure = { node: 'node2', phase: 'thaw', reason: 'CRIU: Error', log };
    const events: FlowEvent[] = [];
    const logs = await criuLogs();
    const sandbox = await restore(engine, snapshot, {}, { report: (event) => events.push(event) });
    const [file = ''] = await readdir(logs);
    const reason =
      'node2: process 17 had /mnt/x open, which is not among the files of the snapshot (a mount of its own?), and CRIU cannot put that back';
    expect(sandbox).toMatchObject({ mode: 'cold', reason });
    expect(events).toContainEqual({
      type: 'notice',
      level: 'warning',
      message: `starting it from its files instead${LOSS}: ${reason}; CRIU's log: ${path.join(logs, file)}`,
    });
  });

  test('when a node dies as its memory is put back', async () => {
    const { engine, nodes, snapshot } = await taken();
    nodes.atPhase = (phase, node) => {
      if (phase === 'thaw' && node === 'node2') engine.die('bds.bug.node2');
    };
    const sandbox = await restore(engine, snapshot);
    expect(sandbox).toMatchObject({ mode: 'cold', reason: 'node2 broke off: the node was stopped or killed' });
  });
});

describe('another host', () => {
  test('with the same kernel, CPU and room: live, and it says so', async () => {
    const { engine, snapshot } = await taken();
    const events: FlowEvent[] = [];
    const specs = spy(engine);
    const elsewhere = { ...snapshot, host: 'elsewhere' };
    const sandbox = await restore(engine, elsewhere, {}, { report: (event) => events.push(event) });
    expect(sandbox.mode).toBe('live');
    expect(events).toContainEqual({
      type: 'notice',
      level: 'info',
      message: expect.stringMatching(/^taken on elsewhere, same kernel, .*: live$/),
    });
    // What can be done is tried with the rights that the nodes will have.
    const [check, ...nodes] = specs;
    expect(check?.name).toMatch(/^bds-check\./);
    expect(check?.capabilities).toEqual(nodes[0]?.capabilities);
    expect(check?.securityOptions).toEqual(nodes[0]?.securityOptions);
    expect(engine.inventory().containers.filter((name) => name.startsWith('bds-'))).toEqual([]);
  });
});

describe('names', () => {
  test('a taken one is refused before anything is made', async () => {
    const { engine, snapshot } = await taken();
    const before = engine.inventory();
    await expect(restore(engine, snapshot, { name: 'demo' })).rejects.toThrow(ConflictError);
    await expect(restore(engine, snapshot, { name: 'A b' })).rejects.toThrow(UsageError);
    expect(engine.inventory()).toEqual(before);
  });

  test('without one it is the snapshot’s, then -2', async () => {
    const { engine, snapshot } = await taken();
    await create(engine, 'bug');
    expect((await restore(engine, snapshot)).name).toBe('bug-2');
  });
});

// Whole flows, once for each of their calls.
describe('when something fails', { timeout: 60_000 }, () => {
  test.each(['before', 'after'] as const)('at any call (%s it took effect), a sandbox or nothing', async (moment) => {
    for (const elsewhere of [false, true]) {
      let failures = 0;
      await atEachCall(elsewhere, async ({ engine, nodes, snapshot }, n) => {
        const before = engine.inventory();
        const memory = await allMemory(engine);
        // Those looks at memory are calls too.
        engine.failAtCall(engine.callCount + n, broken, moment);
        const outcome = await failureOf(restore(engine, snapshot));
        await nodes.expectFreeSoon(`call ${n}`);
        expect(await allMemory(engine), `call ${n}`).toEqual(memory);
        if (!(outcome instanceof EngineFailedError)) return expectRestored(engine, `call ${n}`);
        failures += 1;
        return expect(engine.inventory(), `call ${n}`).toEqual(before);
      });
      expect(failures).toBeGreaterThan(15);
    }
  });

  test('an interrupt at any call', async () => {
    let interrupted = 0;
    await atEachCall(true, async ({ engine, nodes, snapshot }, n) => {
      const before = engine.inventory();
      const interrupt = new AbortController();
      const at = engine.callCount + n;
      engine.beforeCall = ({ number }) => {
        if (number === at) interrupt.abort();
      };
      const outcome = await failureOf(restore(engine, snapshot, {}, { signal: interrupt.signal }));
      engine.beforeCall = undefined;
      await nodes.expectFreeSoon(`call ${n}`);
      if (!(outcome instanceof InterruptedError)) return expectRestored(engine, `call ${n}: ${outcome}`);
      interrupted += 1;
      return expect(engine.inventory(), `call ${n}`).toEqual(before);
    });
    expect(interrupted).toBeGreaterThan(15);
  });

  test('a node that cannot write down that it is complete is no sandbox', async () => {
    const { engine, nodes, snapshot } = await taken();
    const before = engine.inventory();
    nodes.failure = { node: 'node1', phase: 'write', reason: 'write: No space left on device' };
    await expect(restore(engine, snapshot)).rejects.toMatchObject({ message: "node1: the engine's disk is full" });
    expect(engine.inventory()).toEqual(before);
    await nodes.expectFreeSoon();
  });

  test.each(['thaw', 'unfence', 'resume', 'write'] as const)(
    'an interrupt at %s does not wait for memory to be put back',
    async (phase) => {
      const { engine, nodes, snapshot } = await taken();
      const before = engine.inventory();
      const interrupt = new AbortController();
      nodes.atPhase = (at, node) => {
        if (at !== phase || node !== 'node1') return;
        interrupt.abort();
        return new Promise<void>(() => undefined);
      };
      const error = await failureOf(restore(engine, snapshot, {}, { signal: interrupt.signal }));
      expect(error).toBeInstanceOf(InterruptedError);
      expect(engine.inventory()).toEqual(before);
    },
  );

  test('of a run that was killed at any call, prune leaves a sandbox or nothing', async () => {
    await atEachCall(true, async ({ engine, snapshot }, n) => {
      const before = engine.inventory();
      const dead = { ...snapshot };
      await killedAt(engine, engine.callCount + n, () => restore(engine, dead, {}, { creator: DEAD }));
      const { engines } = contextOf(engine);
      await prune(engines);
      await pruneSnapshots(engines);
      const left = engine.inventory().containers.filter((name) => !name.startsWith('bds-check.'));
      if (left.includes('bds.bug')) return expectRestored(engine, `call ${n}`);
      // The helper that looks at this host carries this very process as its maker, which is alive.
      return expect({ ...engine.inventory(), containers: left }, `call ${n}`).toEqual(before);
    });
  });
});

describe('memory and its volume', () => {
  test('stays when the original is destroyed, and goes with the snapshot', async () => {
    const { engine, snapshot } = await taken();
    const volume = snapshot.memory?.volume ?? '';
    await destroy(engine, 'demo');
    await prune(contextOf(engine).engines);
    expect(engine.inventory()).toMatchObject({ containers: [], networks: [], volumes: [volume] });
    expect(await filesIn(engine, volume)).toHaveLength(2);
    expect((await restore(engine, snapshot)).mode).toBe('live');
    await destroy(engine, 'bug');
    await removeSnapshot(contextOf(engine).engines, snapshot);
    expect(engine.inventory()).toEqual({ containers: [], networks: [], volumes: [], images: ['bdsandbox/tiny:1'] });
  });

  test('a snapshot cannot be removed while a sandbox runs from it', async () => {
    const { engine, snapshot } = await taken();
    await restore(engine, snapshot, { name: 'one' });
    await restore(engine, snapshot, { name: 'two', mode: 'cold' });
    const before = engine.inventory();
    const error = await failureOf(removeSnapshot(contextOf(engine).engines, snapshot));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({
      message: 'one, two run from snapshot bug',
      hint: 'destroy first: bdsandbox destroy one two',
    });
    expect(engine.inventory()).toEqual(before);
    expect(await findSandboxes(contextOf(engine).engines)).toHaveLength(3);
  });
});

function loss({ memory }: Manifest): string {
  if (!memory) return '';
  return memory.since === '' ? ', without the memory of its 6 processes and their connections' : LOSS;
}

/** Of memory that a tiny plan's nodes kept a moment after they were started. */
const LOSS = ', without the memory of its 6 processes, up for 1 min, and their connections';

function withMemory(snapshot: Manifest, volume: string): Manifest {
  return { ...snapshot, memory: { volume, bytes: 1, since: '' } };
}

/** What the containers made from now on are asked to be. */
function spy(engine: Scene['engine']): ContainerSpec[] {
  const specs: ContainerSpec[] = [];
  const create = engine.containers.create.bind(engine.containers);
  Object.assign(engine.containers, {
    create: (spec: ContainerSpec) => {
      specs.push(spec);
      return create(spec);
    },
  });
  return specs;
}

/** Runs `body` for each call that a whole restore makes, counted from its first. */
async function atEachCall(elsewhere: boolean, body: (scene: Taken, n: number) => Promise<void>): Promise<void> {
  const prepare = async (): Promise<Taken> => {
    const { snapshot, ...scene } = await taken();
    return { ...scene, snapshot: elsewhere ? { ...snapshot, host: 'elsewhere' } : snapshot };
  };
  const whole = await prepare();
  const first = whole.engine.callCount;
  await restore(whole.engine, whole.snapshot);
  const calls = whole.engine.callCount - first;
  for (let n = 1; n <= calls; n += 1) await body(await prepare(), n);
}

async function expectRestored(engine: Scene['engine'], about: string): Promise<void> {
  const containers = engine.inventory().containers.filter((name) => !name.startsWith('bds-check.'));
  expect(containers, about).toEqual(['bds.bug', 'bds.bug.node2', 'bds.demo', 'bds.demo.node2']);
  expect((await recordOf(engine, 'bug')).sandbox.state, about).toBe('running');
}
