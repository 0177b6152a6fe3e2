import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  ConflictError,
  DiskFullError,
  EngineFailedError,
  FailedError,
  InterruptedError,
  PartlyDoneError,
  UsageError,
} from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { readEvidence } from '../../../src/evidence/index.js';
import { findSnapshots, pruneSnapshots } from '../../../src/snapshot/index.js';
import { parseManifest } from '../../../src/snapshot/manifest.js';
import { tarOf } from '../evidence/tars.js';
import {
  allMemory,
  contextOf,
  create,
  criuLogs,
  DEAD,
  failureOf,
  filesIn,
  killedAt,
  type Nodes,
  newEngine,
  newScene,
  type Phase,
  recordOf,
  type Scene,
  take,
} from './fixture.js';

const broken = new EngineFailedError('the engine broke', 'mend it');

test('says which processes are not in it: those beside the services', async () => {
  const { engine } = await newScene();
  const processes = [
    { pid: 77, command: 'sleep 901' },
    { pid: 78, command: 'load --password hunter2' },
  ];
  engine.when('/usr/lib/bdsandbox/outside', ({ container, stdout }) =>
    container.name === 'bds.demo'
      ? stdout(JSON.stringify({ processes, more: 4 }))
      : stdout('{"processes":[],"more":0}'),
  );
  const events: FlowEvent[] = [];
  const { outside } = await take(engine, {}, { report: (event) => events.push(event) });
  expect(outside).toEqual([
    { node: 'node1', processes: [processes[0], { pid: 78, command: 'load --password <redacted>' }], more: 4 },
  ]);
  expect(events).toContainEqual({
    type: 'notice',
    level: 'warning',
    message:
      'not in the snapshot, since only services are: node1: 77 sleep 901; node1: 78 load --password <redacted>; and 4 more',
  });
  const [found] = await findSnapshots(engine);
  expect(found).toMatchObject({ outside });
});

describe('a snapshot', () => {
  test('is a manifest that says everything', async () => {
    const { engine } = await newScene();
    const { timings, ...manifest } = await take(engine);
    const record = await recordOf(engine);
    const { id } = manifest;
    expect(manifest).toMatchObject({
      schemaVersion: 1,
      name: 'bug',
      note: 'it hangs',
      mode: 'live',
      reason: '',
      sandbox: 'demo',
      owner: 'ann',
      host: 'memory',
      parent: null,
      plan: { template: 'tiny', digest: 'plan-digest', startOrder: ['echo'] },
      platform: { kernel: '6.12.0', architecture: 'x86_64', cpuFlags: ['sse', 'avx2'], criu: '4.1' },
      nodes: [
        {
          name: 'node1',
          image: `bdsandbox/snapshot-node:${id}.node1`,
          memoryBytes: 1000,
          deletedFilesBytes: 10,
          processes: 3,
        },
        { name: 'node2', image: `bdsandbox/snapshot-node:${id}.node2`, memoryBytes: 1000 },
      ],
      memory: { volume: `bds.demo.${record.attempt.slice(0, 8)}`, bytes: 2000, since: expect.stringMatching(/^2.*Z$/) },
      evidence: { files: expect.any(Number), redacted: 0 },
      changes: [{ what: 'created', by: 'ann', sandbox: 'demo' }],
    });
    expect(manifest.plan.nodes.map(({ name }) => name)).toEqual(['node1', 'node2']);
    expect(manifest.nodes.every(({ layers, layerBytes }) => layers === 2 && layerBytes > 0)).toBe(true);
    expect(new Date(manifest.createdAt).toISOString()).toBe(manifest.createdAt);
    const { origin, trusted, ...written } = manifest;
    expect([origin, trusted]).toEqual(['here', true]);
    expect(parseManifest(JSON.stringify(written), 'here')).toEqual(written);
    expect(await findSnapshots(engine)).toEqual([manifest]);
    expect(Object.keys(timings).sort()).toEqual(['freeze', 'frozenMs', 'keep', 'look', 'total']);
    expect(timings['frozenMs']).toBe(manifest.frozenMs);
  });

  test('is images with labels, and memory in the sandbox’s volume; nothing else', async () => {
    const { engine, nodes } = await newScene();
    const before = engine.inventory();
    const snapshot = await take(engine);
    const { id } = snapshot;
    const { images, ...others } = engine.inventory();
    expect(others).toEqual({ containers: before.containers, networks: before.networks, volumes: before.volumes });
    expect(images).toEqual(
      [
        `bdsandbox/snapshot-node:${id}.node1`,
        `bdsandbox/snapshot-node:${id}.node2`,
        'bdsandbox/snapshot:bug',
        ...before.images,
      ].sort(),
    );
    const found = await engine.images.list({ 'bdsandbox.snapshot.id': snapshot.id });
    expect(found).toHaveLength(3);
    for (const { labels } of found) {
      expect(labels).toMatchObject({
        'bdsandbox.attempt': '',
        'bdsandbox.snapshot': 'bug',
        'bdsandbox.memory': snapshot.memory?.volume,
        'bdsandbox.snapshot.role': expect.stringMatching(/^(index|node)$/),
      });
    }
    expect(await filesIn(engine, snapshot.memory?.volume ?? '')).toEqual([
      `${snapshot.id}/node1/pages.img`,
      `${snapshot.id}/node2/pages.img`,
    ]);
    nodes.expectFree();
  });

  test('has its evidence in the index image', async () => {
    const { engine } = await newScene();
    const record = await recordOf(engine);
    const id = record.containers[1]?.summary.id ?? '';
    await engine.containers.writeFiles(id, [
      { path: '/var/log/bdsandbox/echo.log', content: 'the last word\n' },
      { path: '/var/log/bdsandbox/events.jsonl', content: '{"at":"2020-01-01T00:00:00Z","what":"started"}\n{"at":"20' },
    ]);
    const snapshot = await take(engine);
    const probe = await engine.containers.create({
      name: 'probe',
      image: 'bdsandbox/snapshot:bug',
      hostname: 'probe',
      labels: {},
      environment: {},
    });
    const bundle = await engine.containers.readFile(probe, '/bdsandbox/evidence.tar.zst');
    expect(bundle?.length).toBe(snapshot.evidence?.bytes);
    const evidence = await readEvidence(Readable.from([bundle ?? Buffer.alloc(0)]));
    expect(evidence.nodes).toEqual(['node1', 'node2']);
    expect(evidence.about).toMatchObject({ id: snapshot.id, name: 'bug' });
    expect(evidence.text('node2/logs/echo.log')).toBe('the last word\n');
    const events = (evidence.text('events.jsonl') ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([{ node: 'node2', what: 'started' }, { what: 'created' }]);
    expect(evidence.text('problems.txt')).toBeUndefined();
  });

  test('has the views of its nodes, and why there are none', async () => {
    const { engine, nodes } = await newScene();
    nodes.views = await tarOf({ 'processes.txt': 'ps' });
    const bundleOf = async (name: string) => {
      await take(engine, { name });
      const spec = { name: `probe-${name}`, image: `bdsandbox/snapshot:${name}`, hostname: 'probe', labels: {} };
      const probe = await engine.containers.create({ ...spec, environment: {} });
      const bundle = await engine.containers.readFile(probe, '/bdsandbox/evidence.tar.zst');
      return readEvidence(Readable.from([bundle ?? Buffer.alloc(0)]));
    };
    expect((await bundleOf('with')).text('node2/views/processes.txt')).toBe('ps');
    nodes.views = Buffer.alloc(0);
    nodes.problem = 'evidence views ended with 1';
    expect((await bundleOf('without')).text('problems.txt')).toBe(
      'node1: views: evidence views ended with 1\nnode2: views: evidence views ended with 1\n',
    );
  });

  test('is recorded in the sandbox, for the next one', async () => {
    const { engine } = await newScene();
    const first = await take(engine);
    const second = await take(engine, { name: 'again' });
    expect(second.changes).toMatchObject([
      { what: 'created' },
      { what: 'snapshot taken', snapshot: 'bug', id: first.id, mode: 'live', at: first.createdAt },
    ]);
  });

  test('a strange file among the changes is left out', async () => {
    const { engine } = await newScene();
    const record = await recordOf(engine);
    const files = ['{"at":1}', 'no JSON', 'null'].map((content, index) => ({
      path: `/etc/bdsandbox/changes/${index}.json`,
      content,
    }));
    await engine.containers.writeFiles(record.containers[0]?.summary.id ?? '', files);
    expect((await take(engine)).changes).toMatchObject([{ what: 'created' }]);
    expect(await findSnapshots(engine)).toHaveLength(1);
  });

  test('the fence is up everywhere before a dump, and all are dumped before one goes on', async () => {
    const { engine, nodes } = await newScene();
    await take(engine);
    const words = nodes.words.filter((word) => !word.endsWith('END')).map((word) => word.split(' ')[1]);
    expect(words).toEqual(['fence', 'fence', 'dump', 'dump', 'go', 'go']);
  });

  test('several of one sandbox, and several at once', async () => {
    const { engine, nodes } = await newScene();
    await create(engine, 'other');
    await take(engine, { name: 'one' });
    await Promise.all([take(engine, { name: 'two' }), take(engine, { name: 'three', of: 'other' })]);
    expect((await findSnapshots(engine)).map(({ name }) => name).sort()).toEqual(['one', 'three', 'two']);
    expect(await allMemory(engine)).toHaveLength(6);
    nodes.expectFree();
  });
});

describe('the mode', () => {
  test('auto falls to cold when one node is not able, and says why', async () => {
    const { engine, nodes } = await newScene();
    nodes.unable = { node: 'node2', reason: 'CRIU does not run here' };
    const events: FlowEvent[] = [];
    const snapshot = await take(engine, {}, { report: (event) => events.push(event) });
    expect(snapshot).toMatchObject({ mode: 'cold', reason: 'CRIU does not run here', memory: null });
    expect(snapshot.nodes.map(({ memoryBytes }) => memoryBytes)).toEqual([0, 0]);
    expect(events).toContainEqual({
      type: 'notice',
      level: 'warning',
      message: 'taking it cold, without memory: CRIU does not run here',
    });
    expect(await allMemory(engine)).toEqual([]);
    nodes.expectFree();
  });

  test('live refuses then, and leaves nothing', async () => {
    const { engine, nodes } = await newScene();
    nodes.unable = { reason: 'CRIU does not run here' };
    const before = engine.inventory();
    await expect(take(engine, { mode: 'live' })).rejects.toThrow('no live snapshot here: CRIU does not run here');
    expect(engine.inventory()).toEqual(before);
    nodes.expectFree();
  });

  test('auto falls to cold when CRIU fails after all, and says why, what to do, and where the log is', async () => {
    const { engine, nodes } = await newScene();
    const log = [
      '    PID    PPID STAT COMMAND',
      '     17       9 Ss   /opt/server --port 7',
      '(00.05) Error (criu/sk-inet.c:137): inet: Unsupported proto 262 for socket 2ca6a',
      '(00.05) Error (criu/cr-dump.c:1545): Dump files (pid: 17) failed with -1',
    ].join('\n');
    nodes.failure = { node: 'node2', phase: 'dump', reason: 'CRIU: Error', log };
    nodes.atPhase = (phase) => {
      if (phase === 'fence' && nodes.words.filter((word) => word === 'node2 fence').length > 1)
        nodes.failure = undefined;
    };
    engine.when('/usr/lib/bdsandbox/outside', ({ stdout }) =>
      stdout('{"processes":[{"pid":77,"command":"sleep 901"}],"more":0}'),
    );
    const logs = await criuLogs();
    const events: FlowEvent[] = [];
    const snapshot = await take(engine, {}, { report: (event) => events.push(event) });
    const reason =
      'node2: process 17 (/opt/server --port 7) has a socket of Multipath TCP, and CRIU cannot keep that; Go programs do without by GODEBUG=multipathtcp=0';
    // Of a cold one no process is in it: those beside the services are nothing special.
    expect(snapshot).toMatchObject({ mode: 'cold', reason, memory: null, outside: [] });
    const [file = ''] = await readdir(logs);
    const kept = path.join(logs, file);
    expect(await readFile(kept, 'utf8')).toBe(log);
    expect(events).toContainEqual({
      type: 'notice',
      level: 'warning',
      message: `taking it cold, without memory: ${reason}; CRIU's log: ${kept}`,
    });
    expect(events.filter(({ type }) => type === 'step-failed')).toEqual([]);
    expect(await allMemory(engine)).toEqual([]);
    expect(await engine.images.list({ 'bdsandbox.snapshot.id': snapshot.id })).toHaveLength(3);
    nodes.expectFree();
  });

  test('live fails then, with the log, and leaves nothing', async () => {
    const { engine, nodes } = await newScene();
    const before = engine.inventory();
    nodes.failure = { node: 'node1', phase: 'dump', reason: 'CRIU: Error', log: 'Error: io_uring\n' };
    const logs = await criuLogs();
    const error = await failureOf(take(engine, { mode: 'live' }));
    expect(error).toMatchObject({
      message: 'no live snapshot: node1: a process has an io_uring open, and CRIU cannot keep that',
      hint: 'take it without memory: --mode cold',
      details: [expect.stringContaining(logs)],
    });
    await expectNothing({ engine, nodes }, before);
  });

  test('the node where CRIU failed is named, also while its image is still being committed', async () => {
    const { engine, nodes } = await newScene();
    const reason = 'CRIU: Error: userfaultfd';
    nodes.failure = { node: 'node1', phase: 'dump', reason };
    const commits = Promise.withResolvers<void>();
    let count = 0;
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.commit') return undefined;
      count += 1;
      return count === 1 ? commits.promise : undefined;
    };
    const taking = failureOf(take(engine, { mode: 'live' }));
    await expect.poll(() => nodes.open).toBe(0);
    commits.resolve();
    expect(await taking).toMatchObject({ message: `no live snapshot: node1: ${reason}` });
  });

  test('auto does not hide what is no fault of CRIU', async () => {
    const { engine, nodes } = await newScene();
    nodes.failure = { node: 'node1', phase: 'dump', reason: 'another snapshot is being taken' };
    await expect(take(engine)).rejects.toThrow('node1: another snapshot is being taken');
    nodes.expectFree();
  });

  test('cold has no memory and no reason', async () => {
    const { engine, nodes } = await newScene();
    const snapshot = await take(engine, { mode: 'cold' });
    expect(snapshot).toMatchObject({ mode: 'cold', reason: '', memory: null });
    const [image] = await engine.images.list({ 'bdsandbox.snapshot.role': 'node' });
    expect(image?.labels['bdsandbox.memory']).toBe('');
    nodes.expectFree();
  });
});

describe('is refused', () => {
  test('for a name that is none, before any call', async () => {
    const { engine } = await newScene();
    await expect(take(engine, { name: 'A b' })).rejects.toThrow(UsageError);
  });

  test('when there is a snapshot of that name; that one stays', async () => {
    const { engine, nodes } = await newScene();
    await take(engine);
    const before = engine.inventory();
    const error = await failureOf(take(engine));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ message: 'there is a snapshot bug already' });
    expect(engine.inventory()).toEqual(before);
    expect(await allMemory(engine)).toHaveLength(2);
    nodes.expectFree();
  });

  test('while one of that name is taken; that one comes to its end', async () => {
    const { engine, nodes } = await newScene();
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    nodes.atPhase = async (phase) => {
      if (phase !== 'dump') return;
      reached.resolve();
      await goOn.promise;
    };
    const first = take(engine);
    await reached.promise;
    const error = await failureOf(take(engine));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ message: 'a snapshot bug is being taken right now' });
    goOn.resolve();
    const { id } = await first;
    expect(await findSnapshots(engine)).toMatchObject([{ name: 'bug', id }]);
    expect(await allMemory(engine)).toEqual([`${id}/node1/pages.img`, `${id}/node2/pages.img`]);
    nodes.expectFree();
  });

  test.each(['stop', 'pause', 'remove'] as const)('when a node does not run (%s)', async (how) => {
    const { engine, nodes } = await newScene();
    if (how === 'stop') await engine.containers.stop('bds.demo.node2', { graceMs: 0 });
    else await engine.containers[how]('bds.demo.node2');
    const before = engine.inventory();
    const error = await failureOf(take(engine));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({
      message: how === 'remove' ? 'a node of demo is gone' : expect.stringMatching(/^node node2 of demo is /),
    });
    expect(engine.inventory()).toEqual(before);
    nodes.expectFree();
  });

  test('when the sandbox is not finished', async () => {
    const { engine } = newEngine();
    expect(await killedAt(engine, 12, () => create(engine, 'demo', { creator: DEAD }))).toBe('killed');
    await expect(take(engine)).rejects.toThrow('demo is not finished yet');
  });

  test.each([
    ['{}', 'the plan in node1 cannot be read'],
    ['no JSON', 'the plan in node1 cannot be read'],
    ['', 'the plan in node1 cannot be read'],
  ])('when the plan is %j', async (content, message) => {
    const { engine, nodes } = await newScene();
    await engine.containers.writeFiles('bds.demo', [{ path: '/etc/bdsandbox/plan.json', content }]);
    const before = engine.inventory();
    const error = await failureOf(take(engine));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message });
    expect(engine.inventory()).toEqual(before);
    nodes.expectFree();
  });
});

// Whole flows, once for each of their calls.
describe('when something fails', { timeout: 60_000 }, () => {
  const phases: Phase[] = ['open', 'fence', 'dump', 'go'];
  const cases = phases.flatMap((phase) => ['node1', 'node2'].map((node) => [phase, node] as const));

  test.each(cases)(
    'at %s in %s, all nodes are free, nothing is left, and the error names the node',
    async (phase, node) => {
      for (const mode of ['live', 'cold'] as const) {
        const { engine, nodes } = await newScene();
        const before = engine.inventory();
        nodes.failure = { phase, node };
        const error = await failureOf(take(engine, { mode }));
        expect(error).toBeInstanceOf(FailedError);
        expect(error).toMatchObject({ message: `${node}: broken at ${phase}` });
        await expectNothing({ engine, nodes }, before);
        nodes.failure = undefined;
        await take(engine);
      }
    },
  );

  test('the others are set free at once, not when they have done their part', async () => {
    const { engine, nodes } = await newScene();
    nodes.failure = { phase: 'dump', node: 'node2' };
    const reached = Promise.withResolvers<void>();
    const commits = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => {
      if (name !== 'containers.commit') return;
      reached.resolve();
      return commits.promise;
    };
    const taking = failureOf(take(engine));
    await reached.promise;
    await expect.poll(() => nodes.held.size).toBe(0);
    commits.resolve();
    expect(await taking).toMatchObject({ message: 'node2: broken at dump' });
  });

  test('a full disk is told as such', async () => {
    const { engine, nodes } = await newScene();
    nodes.failure = { phase: 'dump', node: 'node2', reason: 'CRIU: Error: No space left on device' };
    const error = await failureOf(take(engine));
    expect(error).toBeInstanceOf(DiskFullError);
    expect(error).toMatchObject({ message: expect.stringContaining('node2') });
  });

  test.each(phases)('a node that dies at %s', async (phase) => {
    const { engine, nodes } = await newScene();
    const before = engine.inventory();
    nodes.atPhase = (at, node) => {
      if (at === phase && node === 'node2') engine.die('bds.demo.node2');
    };
    if (phase === 'open') nodes.failure = { phase, node: 'node2' };
    const error = await failureOf(take(engine));
    expect(error).toMatchObject({ message: expect.stringContaining('node2') });
    expect(engine.inventory()).toEqual(before);
  });

  test('an interrupt at any phase of any node', async () => {
    for (const [phase, node] of cases.filter(([each]) => each !== 'open')) {
      const { engine, nodes } = await newScene();
      const before = engine.inventory();
      const interrupt = new AbortController();
      nodes.atPhase = (at, who) => {
        if (at === phase && who === node) interrupt.abort();
      };
      const error = await failureOf(take(engine, {}, { signal: interrupt.signal }));
      expect(error, `${phase} ${node}`).toBeInstanceOf(InterruptedError);
      await expectNothing({ engine, nodes }, before, `${phase} ${node}`);
    }
  });

  test('an interrupt at any call leaves the whole snapshot or nothing', async () => {
    let interrupted = 0;
    await atEachCall(async ({ engine, nodes }, n) => {
      const before = engine.inventory();
      const interrupt = new AbortController();
      engine.beforeCall = ({ number }) => {
        if (number === n) interrupt.abort();
      };
      const outcome = await failureOf(take(engine, {}, { signal: interrupt.signal }));
      engine.beforeCall = undefined;
      if (!(outcome instanceof InterruptedError)) return expectWhole({ engine, nodes }, `call ${n}: ${outcome}`);
      interrupted += 1;
      return expectNothing({ engine, nodes }, before, `call ${n}`);
    });
    expect(interrupted).toBeGreaterThan(15);
  });

  test.each(['before', 'after'] as const)('at any call (%s it took effect)', async (moment) => {
    for (const mode of ['live', 'cold'] as const) {
      let failures = 0;
      await atEachCall(
        async ({ engine, nodes }, n) => {
          const before = engine.inventory();
          engine.failAtCall(n, broken, moment);
          const outcome = await take(engine, { mode }).then(
            () => 'taken',
            (error: unknown) => error,
          );
          if (outcome === 'taken') return expectWhole({ engine, nodes }, `call ${n}`);
          failures += 1;
          expect(outcome, `call ${n}`).toBe(broken);
          return expectNothing({ engine, nodes }, before, `call ${n}`);
        },
        { mode },
      );
      expect(failures).toBeGreaterThan(8);
    }
  });

  test('what cannot be removed is told, with what to do', async () => {
    const { engine, nodes } = await newScene();
    nodes.failure = { phase: 'go', node: 'node1' };
    let isBroken = false;
    nodes.atPhase = (phase) => {
      isBroken ||= phase === 'go';
    };
    engine.beforeCall = ({ name }) => {
      if (isBroken && name === 'containers.remove') throw broken;
    };
    const error = await failureOf(take(engine, {}, { creator: DEAD }));
    expect(error).toBeInstanceOf(PartlyDoneError);
    expect(error).toMatchObject({
      message: expect.stringContaining('container bds-snapshot.bug'),
      hint: 'run bdsandbox prune',
      details: ['it was not taken because: node1: broken at go'],
    });
    expect(await engine.images.list({ 'bdsandbox.snapshot.role': 'node' })).toEqual([]);
    engine.beforeCall = undefined;
    await pruneSnapshots(contextOf(engine).engines);
    expect(engine.inventory().containers).toEqual(['bds.demo', 'bds.demo.node2']);
  });

  test('without evidence it is a snapshot all the same', async () => {
    const { engine, nodes } = await newScene();
    const events: FlowEvent[] = [];
    let isBroken = false;
    nodes.atPhase = (phase) => {
      isBroken ||= phase === 'go';
    };
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.create' && isBroken) throw broken;
    };
    const snapshot = await take(engine, {}, { report: (event) => events.push(event) });
    expect(snapshot.evidence).toBeNull();
    expect(events).toContainEqual(
      expect.objectContaining({ message: 'the snapshot has no evidence: the engine broke' }),
    );
    expect(await findSnapshots(engine)).toHaveLength(1);
  });
});

test('of a run that was killed at any call, prune leaves the whole snapshot or nothing', {
  timeout: 60_000,
}, async () => {
  await atEachCall(async ({ engine, nodes }, n) => {
    const before = engine.inventory();
    await killedAt(engine, n, () => take(engine, {}, { creator: DEAD }));
    await pruneSnapshots(contextOf(engine).engines);
    if ((await findSnapshots(engine)).length === 1) return expect(await wholeOf(engine)).toBe(true);
    expect(engine.inventory(), `call ${n}`).toEqual(before);
    if (nodes.open === 0) expect(await allMemory(engine), `call ${n}`).toEqual([]);
  });
});

test('prune leaves a snapshot that is being taken, and a complete one', async () => {
  const { engine, nodes } = await newScene();
  await take(engine, { name: 'done' }, { creator: DEAD });
  let pruned: string[] | undefined;
  nodes.atPhase = async (phase, node) => {
    if (phase === 'go' && node === 'node1') pruned = await pruneSnapshots(contextOf(engine).engines);
  };
  await take(engine);
  expect(pruned).toEqual([]);
  expect((await findSnapshots(engine)).map(({ name }) => name)).toEqual(['done', 'bug']);
});

/** Runs `body` for each call that a whole snapshot makes, numbered as the engine counts. */
async function atEachCall(
  body: (scene: Scene, n: number) => Promise<void>,
  wanted: Parameters<typeof take>[1] = {},
): Promise<void> {
  const whole = await newScene();
  const first = whole.engine.callCount;
  await take(whole.engine, wanted);
  const calls = whole.engine.callCount - first;
  for (let n = 1; n <= calls; n += 1) await body(await newScene(), first + n);
}

async function expectNothing(
  { engine, nodes }: { engine: Scene['engine']; nodes: Nodes },
  before: object,
  about?: string,
): Promise<void> {
  expect(engine.inventory(), about).toEqual(before);
  expect(await allMemory(engine), about).toEqual([]);
  nodes.expectFree(about);
}

async function expectWhole({ engine, nodes }: Scene, about: string): Promise<void> {
  expect(await wholeOf(engine), about).toBe(true);
  expect(engine.inventory().containers, about).toEqual(['bds.demo', 'bds.demo.node2']);
  nodes.expectFree(about);
}

async function wholeOf(engine: Scene['engine']): Promise<boolean> {
  const [snapshot] = await findSnapshots(engine);
  if (!snapshot) return false;
  const images = await engine.images.list({ 'bdsandbox.snapshot.id': snapshot.id });
  const memory = await allMemory(engine);
  return images.length === 3 && memory.length === (snapshot.mode === 'live' ? 2 : 0);
}
