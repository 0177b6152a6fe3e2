import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { ContainerSpec } from '../../../src/engine/index.js';
import { MemoryEngine, type MemoryRegistry, memoryEngines } from '../../../src/engine/memory/index.js';
import { ConflictError, NotFoundError, PortTakenError } from '../../../src/errors/index.js';

const spec = (name: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name,
  image: 'base:1',
  hostname: name,
  labels: {},
  environment: {},
  ...more,
});
const EMPTY = { containers: [], networks: [], volumes: [], images: ['base:1'] };
const open = (): MemoryEngine =>
  new MemoryEngine().addImage('base:1', { command: ['/init'], files: { '/etc/x': '1' } });

describe('levers of the memory engine', () => {
  test('every call counts, and the n-th fails before anything has happened', async () => {
    const engine = open().failAtCall(2, new ConflictError('injected', 'none'));
    await engine.volumes.create({ name: 'v', labels: {} });
    await expect(engine.containers.create(spec('a'))).rejects.toThrow('injected');
    expect(engine.callCount).toBe(2);
    expect(engine.callNames).toEqual(['volumes.create', 'containers.create']);
    expect(engine.inventory()).toEqual({ ...EMPTY, volumes: ['v'] });
  });

  test('or after it has happened, with the answer lost', async () => {
    const engine = open().failAtCall(1, new Error('lost'), 'after');
    await expect(engine.containers.create(spec('a'))).rejects.toThrow('lost');
    expect(engine.inventory().containers).toEqual(['a']);
  });

  test('a hook holds calls up', async () => {
    const engine = open();
    const gate = Promise.withResolvers<void>();
    engine.beforeCall = ({ name }) => (name === 'containers.create' ? gate.promise : undefined);
    const first = engine.containers.create(spec('a'));
    await engine.volumes.create({ name: 'v', labels: {} });
    expect(engine.inventory().containers).toEqual([]);
    gate.resolve();
    await first;
    expect(engine.inventory().containers).toEqual(['a']);
  });

  test('a container that dies ends its execs; one that restarts is there again', async () => {
    const engine = open().when(
      'wait',
      ({ killed }) => new Promise((resolve) => killed.addEventListener('abort', () => resolve(0))),
    );
    for (const [name, restart, state] of [
      ['a', 'no', 'stopped'],
      ['b', 'always', 'running'],
    ] as const) {
      const id = await engine.containers.create(spec(name, { restart }));
      await engine.containers.start(id);
      const running = engine.containers.exec(id, ['wait']);
      await new Promise((resolve) => setTimeout(resolve, 5));
      engine.die(name);
      expect((await running).exitCode).toBe(137);
      expect((await engine.containers.inspect(id)).state).toBe(state);
    }
  });

  test('programs: the last one registered wins, by name, beginning or test; none is 127', async () => {
    const engine = open()
      .when('tool', () => 1)
      .when(['tool', 'sub'], () => 2)
      .when(
        (command) => command.includes('--odd'),
        () => 3,
      );
    const id = await engine.containers.create(spec('a'));
    await engine.containers.start(id);
    const codes = [];
    for (const command of [['tool'], ['tool', 'sub', 'x'], ['tool', '--odd'], ['other']]) {
      codes.push((await engine.containers.exec(id, command)).exitCode);
    }
    expect(codes).toEqual([1, 2, 3, 127]);
  });

  test('a port that something else holds', async () => {
    const engine = open();
    engine.occupyPort(8080);
    const publish = [{ containerPort: 80, hostAddress: '127.0.0.1', hostPort: 8080 }];
    const id = await engine.containers.create(spec('a', { publish }));
    await expect(engine.containers.start(id)).rejects.toThrow(PortTakenError);
  });

  test('a commit takes time, and holds a paused container meanwhile', async () => {
    const engine = open();
    const id = await engine.containers.create(spec('a'));
    await engine.containers.start(id);
    const committing = engine.containers.commit(id, { reference: 'c:1', labels: {}, pause: true });
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect((await engine.containers.inspect(id)).state).toBe('paused');
    await committing;
    expect((await engine.containers.inspect(id)).state).toBe('running');
  });

  test('images travel between engines that share a registry', async () => {
    const registry: MemoryRegistry = new Map();
    const [a, b] = [
      new MemoryEngine({ host: 'a', registry }).addImage('reg/x:1'),
      new MemoryEngine({ host: 'b', registry }),
    ];
    await expect(b.images.pull('reg/x:1', {})).rejects.toThrow(NotFoundError);
    await a.images.push('reg/x:1', {});
    await b.images.pull('reg/x:1', {});
    expect((await b.images.inspect('reg/x:1'))?.id).toBe((await a.images.inspect('reg/x:1'))?.id);
    await a.images.remove('reg/x:1');
    expect(await b.images.inspect('reg/x:1')).toBeDefined();
    const engines = memoryEngines(a, b);
    expect([engines.home, engines.on('b').host]).toEqual(['a', 'b']);
    expect(() => engines.on('c')).toThrow(NotFoundError);
  });

  test('save and load count, and fail, as any other call', async () => {
    const engine = open().failAtCall(2, new Error('lost'), 'after');
    const saved = await buffer(await engine.images.save(['base:1']));
    const other = new MemoryEngine();
    await expect(engine.images.load(Readable.from([saved]), {})).rejects.toThrow('lost');
    await engine.containers.create(spec('a'));
    await buffer(await engine.containers.readArchive('a', '/etc'));
    await buffer(await engine.containers.exportFilesystem('a'));
    expect(engine.callNames).toEqual([
      'images.save',
      'images.load',
      'containers.create',
      'containers.readArchive',
      'containers.exportFilesystem',
    ]);
    await other.images.load(Readable.from([saved]), {});
    expect(await other.images.inspect('base:1')).toEqual(await engine.images.inspect('base:1'));
    const id = await other.containers.create(spec('b'));
    expect((await other.containers.readFile(id, '/etc/x'))?.toString()).toBe('1');
  });

  test('an altered config is not loaded, and nothing of its tar', async () => {
    const engine = open().addImage('more:1', { labels: { is: 'true' } });
    const saved = await buffer(await engine.images.save(['base:1', 'more:1']));
    const altered = Buffer.from(saved.toString('latin1').replace('"is":"true"', '"is":"evil"'), 'latin1');
    const other = new MemoryEngine();
    await expect(other.images.load(Readable.from([altered]), {})).rejects.toThrow(/was altered/);
    expect(other.inventory().images).toEqual([]);
  });

  test('a layer takes files away, with names of any length', async () => {
    const long = `/a/${'long'.repeat(40)}/file`;
    const engine = open().when('tidy', ({ files }) => files.remove('/etc/x'));
    const id = await engine.containers.create(spec('a'));
    await engine.containers.start(id);
    await engine.containers.exec(id, ['tidy']);
    await engine.containers.writeFiles(id, [{ path: long, content: 'kept' }]);
    await engine.containers.commit(id, { reference: 'tidy:1', labels: {}, pause: false });
    const other = new MemoryEngine();
    await other.images.load(await engine.images.save(['tidy:1']), {});
    const copy = await other.containers.create(spec('b', { image: 'tidy:1' }));
    expect(await other.containers.readFile(copy, '/etc/x')).toBeUndefined();
    expect((await other.containers.readFile(copy, long))?.toString()).toBe('kept');
  });
});
