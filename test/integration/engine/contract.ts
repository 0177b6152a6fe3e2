import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerSpec, ContainerSummary, Engine } from '../../../src/engine/index.js';
import {
  ConflictError,
  EngineFailedError,
  ImageBuildError,
  NotFoundError,
  PortTakenError,
} from '../../../src/errors/index.js';
import { packEntries, unpackEntries } from './tar.js';

/** Every thing of a run of this suite carries it, so that clean-up and the last test find it again. */
const RUN_LABEL = 'contract-run';

export const BIG_BYTES = 5 * 1024 * 1024;

/**
 * The command lines of this suite. On a real engine the image's shell runs them; the memory engine has them as
 * programs (memory.test.ts), so they are written down once, here.
 */
export const SCRIPTS = {
  main: 'echo one; echo two >&2; echo three; exec sleep 600',
  brief: 'echo bye; exit 3',
  outAndErr: 'echo out; echo err >&2; exit 7',
  environment: 'echo "$GREETING $(pwd)"',
  big: `head -c ${BIG_BYTES} /dev/zero; head -c 1000 /dev/zero >&2`,
  hang: 'echo started; sleep 600',
  earlyEnd: 'head -c 5',
  write: 'echo changed > /data/written',
  failingBuild: 'echo last words; exit 4',
  greet: 'printf "%s\\n" "$GREETING"',
  answer: 'while read line; do echo "heard $line"; done; echo over > /ended',
} as const;

export const HEALTH_COMMAND = ['cat', '/healthy'];

export interface Harness {
  readonly engine: Engine;
  /** An image whose containers can run SCRIPTS with `sh -c`, and `cat`. */
  readonly image: string;
}

/** @param open called once, before the first test */
export function describeEngineContract(name: string, open: () => Promise<Harness>): void {
  describe(`engine contract: ${name}`, () => {
    const run = randomBytes(4).toString('hex');
    const labels = { [RUN_LABEL]: run };
    let engine: Engine;
    let image: string;
    let counter = 0;

    beforeAll(async () => {
      ({ engine, image } = await open());
    }, 60_000);

    const unique = (noun: string): string => `contract-${run}-${noun}-${++counter}`;
    const reference = (): string => `${unique('image')}:test`;

    const cleanUp = async (): Promise<void> => {
      for (const { id } of await engine.containers.list(labels)) await engine.containers.remove(id);
      for (const { id } of await engine.networks.list(labels)) await engine.networks.remove(id);
      for (const volume of await engine.volumes.list(labels)) await engine.volumes.remove(volume.name);
      for (const { references } of await engine.images.list(labels)) {
        for (const one of references.filter((it) => it.startsWith('contract-'))) await engine.images.remove(one);
      }
    };
    afterEach(cleanUp, 60_000);
    afterAll(async () => {
      if (engine) await cleanUp();
    }, 60_000);

    const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
      name: unique('box'),
      image,
      hostname: 'box',
      labels,
      environment: {},
      command: ['sh', '-c', SCRIPTS.main],
      ...more,
    });
    const started = async (more: Partial<ContainerSpec> = {}): Promise<string> => {
      const id = await engine.containers.create(spec(more));
      await engine.containers.start(id);
      return id;
    };
    const sh = (script: string): string[] => ['sh', '-c', script];
    /** A free /27 out of a range nobody uses by default; a taken one is another test run's, so try the next. */
    const network = async (): Promise<{ id: string; name: string; subnet: string; prefix: string }> => {
      for (let attempt = 0; ; attempt += 1) {
        const [third, fourth] = [randomBytes(1).readUInt8(), (randomBytes(1).readUInt8() >> 5) << 5];
        const subnet = `10.213.${third}.${fourth}/27`;
        const name_ = unique('net');
        try {
          const id = await engine.networks.create({ name: name_, subnet, labels });
          return { id, name: name_, subnet, prefix: `10.213.${third}.${fourth + 5}` };
        } catch (error) {
          if (!(error instanceof ConflictError) || attempt === 5) throw error;
        }
      }
    };

    /** Both ends of somebody who answers each line. */
    const speech = () => {
      const stdin = new PassThrough();
      const stdout = new PassThrough();
      const answers = stdout[Symbol.asyncIterator]();
      const say = async (line: string): Promise<string> => {
        stdin.write(`${line}\n`);
        return String((await answers.next()).value);
      };
      return { stdin, stdout, say };
    };

    describe('info', () => {
      test('says what the machine is', async () => {
        const info = await engine.info();
        expect(info.name).toBe(engine.host);
        expect(info.version).toMatch(/^\d+\./);
        expect(info.cpus).toBeGreaterThan(0);
        expect(info.memoryBytes).toBeGreaterThan(2 ** 28);
        expect(info.storageDriver).not.toBe('');
      });
    });

    describe('life of a container', () => {
      test('create, start twice, stop twice, remove twice', async () => {
        const wanted = spec({ environment: { A: 'b' } });
        const id = await engine.containers.create(wanted);
        const state = async (): Promise<string> => (await engine.containers.inspect(id)).state;
        expect(await state()).toBe('created');
        await engine.containers.stop(id, { graceMs: 0 });
        expect(await state()).toBe('created');
        await engine.containers.start(id);
        await engine.containers.start(id);
        expect(await state()).toBe('running');
        await engine.containers.stop(id, { graceMs: 0 });
        await engine.containers.stop(id, { graceMs: 0 });
        expect(await state()).toBe('stopped');
        await engine.containers.remove(id);
        await engine.containers.remove(id);
        await expect(engine.containers.inspect(id)).rejects.toThrow(NotFoundError);
      });

      test('a running container is removed too', async () => {
        const id = await started();
        await engine.containers.remove(id);
        expect(await engine.containers.list(labels)).toEqual([]);
      });

      test('of two creates of one name exactly one wins', async () => {
        const wanted = spec();
        const results = await Promise.allSettled([engine.containers.create(wanted), engine.containers.create(wanted)]);
        const lost = results.filter((result) => result.status === 'rejected');
        expect(lost).toHaveLength(1);
        expect(lost[0]?.reason).toBeInstanceOf(ConflictError);
        expect(lost[0]?.reason.message).toContain(wanted.name);
      });

      test('gets another name in any state, and never one that is taken', async () => {
        const other = await engine.containers.create(spec());
        const taken = (await engine.containers.inspect(other)).name;
        const id = await engine.containers.create(spec());
        const { containers } = engine;
        const states: [string, () => Promise<void>][] = [
          ['created', async () => undefined],
          ['running', () => containers.start(id)],
          ['paused', () => containers.pause(id)],
          ['stopped', () => containers.unpause(id).then(() => containers.stop(id, { graceMs: 0 }))],
        ];
        for (const [state, reach] of states) {
          await reach();
          const name = unique('renamed');
          await containers.rename(id, name);
          await containers.rename(id, name);
          expect(await containers.inspect(name)).toMatchObject({ id, name, state });
          expect((await containers.list(labels)).find((one) => one.id === id)?.name).toBe(name);
          await expect(containers.rename(id, taken)).rejects.toThrow(ConflictError);
        }
      });

      test('of two that want one name exactly one gets it', async () => {
        const ids = [await started(), await started()];
        const name = unique('wanted');
        const results = await Promise.allSettled(ids.map((id) => engine.containers.rename(id, name)));
        const lost = results.filter((result) => result.status === 'rejected');
        expect(lost.map(({ reason }) => reason)).toEqual([expect.any(ConflictError)]);
      });

      test('create from an image that is not there names it', async () => {
        const failed = engine.containers.create(spec({ image: 'contract-absent:never' }));
        await expect(failed).rejects.toThrow(NotFoundError);
        await expect(failed).rejects.toThrow(/contract-absent:never/);
      });

      test('a main process that ends leaves a stopped container', async () => {
        const id = await started({ command: sh(SCRIPTS.brief) });
        await until(async () => (await engine.containers.inspect(id)).state === 'stopped');
        expect(await engine.containers.logs(id, { tail: 10 })).toBe('bye\n');
      });

      test('pause and unpause', async () => {
        const id = await started();
        await engine.containers.pause(id);
        expect((await engine.containers.inspect(id)).state).toBe('paused');
        await expect(engine.containers.exec(id, sh(SCRIPTS.outAndErr))).rejects.toThrow(ConflictError);
        await expect(engine.containers.pause(id)).rejects.toThrow(ConflictError);
        await engine.containers.unpause(id);
        expect((await engine.containers.inspect(id)).state).toBe('running');
        await expect(engine.containers.unpause(id)).rejects.toThrow(ConflictError);
      });

      test('pause of a container that does not run is a conflict', async () => {
        const id = await engine.containers.create(spec());
        await expect(engine.containers.pause(id)).rejects.toThrow(ConflictError);
      });

      test('logs are the last lines of both outputs', async () => {
        const id = await started();
        await until(async () => (await engine.containers.logs(id, { tail: 10 })).includes('three'));
        const lines = (await engine.containers.logs(id, { tail: 10 })).trim().split('\n');
        expect(lines.sort()).toEqual(['one', 'three', 'two']);
        expect((await engine.containers.logs(id, { tail: 2 })).trim().split('\n')).toHaveLength(2);
      });
    });

    describe('list', () => {
      test('by labels: value, any value, several', async () => {
        const a = await engine.containers.create(spec({ labels: { ...labels, colour: 'red' } }));
        const b = await engine.containers.create(spec({ labels: { ...labels, colour: 'blue' } }));
        const c = await engine.containers.create(spec());
        const ids = async (filter: Record<string, string>): Promise<string[]> =>
          (await engine.containers.list({ ...labels, ...filter })).map(({ id }) => id).sort();
        expect(await ids({})).toEqual([a, b, c].sort());
        expect(await ids({ colour: '' })).toEqual([a, b].sort());
        expect(await ids({ colour: 'red' })).toEqual([a]);
        expect(await ids({ colour: 'green' })).toEqual([]);
      });

      test('says the same as inspect', async () => {
        const net = await network();
        const id = await started({
          network: { name: net.name, address: net.prefix },
          publish: [{ containerPort: 8080, hostAddress: '127.0.0.1', hostPort: 0 }],
        });
        const compare = async (): Promise<ContainerSummary> => {
          const [listed] = await engine.containers.list(labels);
          const { createdAt, ...inspected } = await engine.containers.inspect(id);
          expect(listed).toMatchObject(inspected);
          expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
          // The list of a real engine counts in seconds.
          expect(Math.abs(Date.parse(listed?.createdAt ?? '') - Date.parse(createdAt))).toBeLessThan(1000);
          return { createdAt, ...inspected };
        };
        const running = await compare();
        expect(running.addresses).toEqual({ [net.name]: net.prefix });
        expect(running.health).toBe('none');
        await engine.containers.stop(id, { graceMs: 0 });
        const stopped = await compare();
        expect(stopped.addresses).toEqual({});
        expect(stopped.ports).toEqual([]);
      });
    });

    describe('files', () => {
      test('written before the start and read back, with parent folders', async () => {
        const id = await engine.containers.create(spec());
        const binary = randomBytes(300_000);
        await engine.containers.writeFiles(id, [
          { path: '/deep/er/text', content: 'grüße\n' },
          { path: '/deep/binary', content: binary, mode: 0o600 },
          { path: '/healthy', content: '' },
        ]);
        expect((await engine.containers.readFile(id, '/deep/er/text'))?.toString()).toBe('grüße\n');
        expect((await engine.containers.readFile(id, '/deep/binary'))?.equals(binary)).toBe(true);
        expect((await engine.containers.readFile(id, '/healthy'))?.length).toBe(0);
        await engine.containers.start(id);
        const { stdout } = await engine.containers.exec(id, ['cat', '/deep/er/text']);
        expect(stdout).toBe('grüße\n');
        await engine.containers.stop(id, { graceMs: 0 });
        expect((await engine.containers.readFile(id, '/deep/er/text'))?.toString()).toBe('grüße\n');
      });

      test('what is not there is undefined', async () => {
        const id = await engine.containers.create(spec());
        expect(await engine.containers.readFile(id, '/absent')).toBeUndefined();
        expect(await engine.containers.readFile(id, '/absent/deeper')).toBeUndefined();
      });

      test('pathExists for files, folders and neither', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [{ path: '/folder/file', content: 'x' }]);
        const exists = (path: string): Promise<boolean> => engine.containers.pathExists(id, path);
        expect(
          await Promise.all([exists('/folder/file'), exists('/folder'), exists('/folder/no'), exists('/no')]),
        ).toEqual([true, true, false, false]);
      });
    });

    test('writtenBytes counts what the container wrote, not its image', async () => {
      const id = await engine.containers.create(spec());
      const before = await engine.containers.writtenBytes(id);
      expect(before).toBeLessThan(100_000);
      await engine.containers.writeFiles(id, [{ path: '/data/written', content: randomBytes(300_000) }]);
      expect((await engine.containers.writtenBytes(id)) - before).toBeGreaterThanOrEqual(300_000);
    });

    describe('pathStatus', () => {
      test('of files, folders and neither; a path below a file is none', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [{ path: '/folder/file', content: 'four' }]);
        const status = (path: string) => engine.containers.pathStatus(id, path);
        expect(await status('/folder/file')).toMatchObject({ kind: 'file', sizeBytes: 4, target: '' });
        expect(await status('/folder')).toMatchObject({ kind: 'folder', target: '' });
        expect(await status('/')).toMatchObject({ kind: 'folder' });
        expect(await status('/folder/no')).toBeUndefined();
        expect(await status('/folder/file/below')).toBeUndefined();
      });
    });

    describe('archives written', () => {
      test('land in a folder that is there, over what was there, without a start', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [
          { path: '/data/old', content: 'old' },
          { path: '/data/stays', content: 'stays' },
        ]);
        const big = randomBytes(3_000_000);
        await engine.containers.writeArchive(id, '/data', packEntries({ old: 'new', 'deep/er/big': big }));
        const read = async (path: string) => (await engine.containers.readFile(id, path)) ?? Buffer.from('nothing');
        expect(String(await read('/data/old'))).toBe('new');
        expect(String(await read('/data/stays'))).toBe('stays');
        expect((await read('/data/deep/er/big')).equals(big)).toBe(true);
      });

      test('a folder gets its time, also one that is there and in any state; what is in it stays', async () => {
        const id = await started();
        const give = async (seconds: string): Promise<void> => {
          const tar = pack();
          tar.entry({ name: 'made/folder', type: 'directory', pax: { mtime: seconds } });
          tar.finalize();
          await engine.containers.writeArchive(id, '/', Readable.from(tar, { objectMode: false }));
        };
        const told = async (): Promise<unknown> => engine.containers.pathStatus(id, '/made/folder');
        await give('1801234567.125');
        expect(await told()).toMatchObject({ kind: 'folder', modifiedAt: '2027-01-29T14:56:07.125Z' });
        await engine.containers.pause(id);
        await give('0');
        expect(await told()).toMatchObject({ modifiedAt: '1970-01-01T00:00:00.000Z' });
        await engine.containers.unpause(id);
        await engine.containers.writeFiles(id, [{ path: '/made/folder/file', content: 'x' }]);
        await engine.containers.stop(id, { graceMs: 0 });
        // Beyond what 32 bits hold.
        await give('4102444800.001');
        expect(await told()).toMatchObject({ modifiedAt: '2100-01-01T00:00:00.001Z' });
        expect(String(await engine.containers.readFile(id, '/made/folder/file'))).toBe('x');
      });

      test('a folder does not take the place of a file', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [{ path: '/made/folder', content: 'x' }]);
        const tar = pack();
        tar.entry({ name: 'made/folder', type: 'directory' });
        tar.finalize();
        const written = engine.containers.writeArchive(id, '/', Readable.from(tar, { objectMode: false }));
        await expect(written).rejects.toThrow(EngineFailedError);
        expect(String(await engine.containers.readFile(id, '/made/folder'))).toBe('x');
      });

      test('also into a stopped and a paused container, and a volume', async () => {
        const volume = unique('volume');
        await engine.volumes.create({ name: volume, labels });
        const id = await started({ mounts: [{ volume, path: '/data', readOnly: false }] });
        await engine.containers.writeArchive(id, '/data', packEntries({ a: 'running' }));
        await engine.containers.pause(id);
        await engine.containers.writeArchive(id, '/', packEntries({ b: 'paused' }));
        await engine.containers.unpause(id);
        await engine.containers.stop(id, { graceMs: 0 });
        await engine.containers.writeArchive(id, '/', packEntries({ c: 'stopped' }));
        const found = await Promise.all(['/data/a', '/b', '/c'].map((path) => engine.containers.readFile(id, path)));
        expect(found.map(String)).toEqual(['running', 'paused', 'stopped']);
      });

      test('NotFound for a folder that is not there; a file is no folder', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [{ path: '/file', content: 'x' }]);
        await expect(engine.containers.writeArchive(id, '/absent', packEntries({ a: 'x' }))).rejects.toThrow(
          NotFoundError,
        );
        await expect(engine.containers.writeArchive(id, '/file', packEntries({ a: 'x' }))).rejects.toThrow(
          EngineFailedError,
        );
      });

      test('a file does not take the place of a folder', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [{ path: '/data/folder/x', content: 'x' }]);
        await expect(engine.containers.writeArchive(id, '/data', packEntries({ folder: 'file' }))).rejects.toThrow(
          EngineFailedError,
        );
        expect(String(await engine.containers.readFile(id, '/data/folder/x'))).toBe('x');
      });

      test('what is no tar, and a stream that breaks off, are errors', async () => {
        const id = await engine.containers.create(spec());
        const nonsense = Readable.from([Buffer.alloc(4096, 'x')]);
        await expect(engine.containers.writeArchive(id, '/', nonsense)).rejects.toThrow(EngineFailedError);
        const broken = Readable.from(
          (async function* () {
            yield Buffer.alloc(512);
            throw new EngineFailedError('the source broke', 'mend it');
          })(),
        );
        await expect(engine.containers.writeArchive(id, '/', broken)).rejects.toThrow('the source broke');
      });
    });

    describe('archives', () => {
      const deep = [
        { path: '/deep/er/text', content: 'text' },
        { path: '/deep/binary', content: randomBytes(300_000) },
        { path: '/deeper', content: 'another' },
      ];

      test('of a folder and of a file, named from the base name, without a start', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, deep);
        const folder = await unpackEntries(await engine.containers.readArchive(id, '/deep'));
        expect([...folder.keys()].sort()).toEqual(['deep/', 'deep/binary', 'deep/er/', 'deep/er/text']);
        expect(folder.get('deep/binary')).toEqual(deep[1]?.content);
        const inner = await unpackEntries(await engine.containers.readArchive(id, '/deep/er'));
        expect([...inner.keys()].sort()).toEqual(['er/', 'er/text']);
        const file = await unpackEntries(await engine.containers.readArchive(id, '/deep/er/text'));
        expect([...file]).toEqual([['text', Buffer.from('text')]]);
      });

      test('a path that is not there, or is below a file, is NotFound', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, deep);
        await expect(engine.containers.readArchive(id, '/absent')).rejects.toThrow(NotFoundError);
        await expect(engine.containers.readArchive(id, '/deeper/no')).rejects.toThrow(NotFoundError);
      });

      test('with what is in a volume, which an export leaves out', async () => {
        const volume = unique('volume');
        await engine.volumes.create({ name: volume, labels });
        const id = await started({ mounts: [{ volume, path: '/data', readOnly: false }] });
        await engine.containers.exec(id, sh(SCRIPTS.write));
        const archive = await unpackEntries(await engine.containers.readArchive(id, '/data'));
        expect(archive.get('data/written')?.toString()).toBe('changed\n');
        const whole = await unpackEntries(await engine.containers.exportFilesystem(id));
        expect(whole.has('data/written')).toBe(false);
      });

      test('a reader may stop in the middle', async () => {
        const id = await engine.containers.create(spec());
        await engine.containers.writeFiles(id, [{ path: '/big', content: Buffer.alloc(5_000_000) }]);
        const archive = await engine.containers.readArchive(id, '/big');
        for await (const chunk of archive) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
        expect(archive.destroyed).toBe(true);
        expect(await engine.containers.pathExists(id, '/big')).toBe(true);
      });

      test('an exported file system, imported with an entrypoint and variables, is an image that runs', async () => {
        const source = await engine.containers.create(spec());
        await engine.containers.writeFiles(source, deep);
        const imported = reference();
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile would put a variable in here, and must not
        const odd = 'quote " dollar $HOME ${X} back\\slash \\" it\'s # = end\\';
        await engine.images.importRootFilesystem(await engine.containers.exportFilesystem(source), {
          reference: imported,
          labels,
          entrypoint: sh(SCRIPTS.greet),
          environment: { GREETING: odd, PATH: '/usr/local/bin:/usr/bin:/bin' },
        });
        const { command: _, ...plain } = spec({ image: imported });
        const id = await engine.containers.create(plain);
        await engine.containers.start(id);
        await until(async () => (await engine.containers.inspect(id)).state === 'stopped');
        expect(await engine.containers.logs(id, { tail: 10 })).toBe(`${odd}\n`);
        expect((await engine.containers.readFile(id, '/deep/er/text'))?.toString()).toBe('text');

        // A command takes the place of the entrypoint, for the commit of such a container as well.
        const other = await started({ image: imported, command: sh(SCRIPTS.brief) });
        await until(async () => (await engine.containers.inspect(other)).state === 'stopped');
        expect(await engine.containers.logs(other, { tail: 10 })).toBe('bye\n');
        const committed = reference();
        await engine.containers.commit(other, { reference: committed, labels, pause: false });
        const { command: __, ...again } = spec({ image: committed });
        const third = await engine.containers.create(again);
        await engine.containers.start(third);
        await until(async () => (await engine.containers.logs(third, { tail: 10 })) === 'bye\n');
      });
    });

    describe('exec', () => {
      test('gives outputs and exit code', async () => {
        const id = await started();
        expect(await engine.containers.exec(id, sh(SCRIPTS.outAndErr))).toEqual({
          exitCode: 7,
          stdout: 'out\n',
          stderr: 'err\n',
        });
      });

      test('environment and working directory', async () => {
        const id = await started();
        const options = { environment: { GREETING: 'hello = world' }, workingDirectory: '/tmp' };
        expect((await engine.containers.exec(id, sh(SCRIPTS.environment), options)).stdout).toBe(
          'hello = world /tmp\n',
        );
      });

      test('feeds and closes standard input; without any the command reads an end', async () => {
        const id = await started();
        const text = 'x'.repeat(200_000);
        const fed = await engine.containers.exec(id, ['cat'], { stdin: Readable.from([text, 'end']) });
        expect(fed.stdout.length).toBe(200_003);
        expect(fed.stdout.endsWith('xend')).toBe(true);
        expect(await engine.containers.exec(id, ['cat'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      });

      test('a command that ends before its input does', async () => {
        const id = await started();
        for (let round = 0; round < 5; round += 1) {
          const endless = Readable.from(
            (function* () {
              for (let chunk = 0; chunk < 400; chunk += 1) yield Buffer.alloc(65_536, 'a');
            })(),
          );
          const result = await engine.containers.exec(id, sh(SCRIPTS.earlyEnd), { stdin: endless });
          expect(result).toEqual({ exitCode: 0, stdout: 'aaaaa', stderr: '' });
          endless.destroy();
        }
      }, 30_000);

      test('an input that fails, fails the call', async () => {
        const id = await started();
        const broken = Readable.from(
          (function* () {
            yield 'some';
            throw new Error('disk unplugged');
          })(),
        );
        await expect(engine.containers.exec(id, ['cat'], { stdin: broken })).rejects.toThrow(/disk unplugged/);
      });

      test('big output arrives whole, collected and in a slow sink', async () => {
        const id = await started();
        const { stdout, stderr } = await engine.containers.exec(id, sh(SCRIPTS.big));
        expect([stdout.length, stderr.length]).toEqual([BIG_BYTES, 1000]);

        let received = 0;
        const sink = new Writable({
          highWaterMark: 1024,
          write(chunk: Buffer, _encoding, done) {
            received += chunk.length;
            setImmediate(done);
          },
        });
        const result = await engine.containers.exec(id, sh(SCRIPTS.big), { stdout: sink });
        expect(received).toBe(BIG_BYTES);
        expect(result.stdout).toBe('');
        expect(result.stderr.length).toBe(1000);
        expect(sink.writableEnded).toBe(false);
      });

      test('no such command has an exit code, not an error', async () => {
        const id = await started();
        const { exitCode } = await engine.containers.exec(id, ['contract-no-such-command']);
        expect([126, 127]).toContain(exitCode);
      });

      test('in a container that does not run is a conflict', async () => {
        const id = await engine.containers.create(spec());
        await expect(engine.containers.exec(id, sh(SCRIPTS.outAndErr))).rejects.toThrow(ConflictError);
      });

      test('137 when the container is stopped or removed underneath', async () => {
        for (const end of [engine.containers.remove, (id: string) => engine.containers.stop(id, { graceMs: 0 })]) {
          const id = await started();
          const [seen, sink] = firstOutput();
          const running = engine.containers.exec(id, sh(SCRIPTS.hang), { stdout: sink });
          await seen;
          await end(id);
          expect((await running).exitCode).toBe(137);
        }
      });

      test('abort stops listening with the reason of the signal', async () => {
        const id = await started();
        const controller = new AbortController();
        const [seen, sink] = firstOutput();
        const running = engine.containers.exec(id, sh(SCRIPTS.hang), { stdout: sink, signal: controller.signal });
        const reason = new Error('enough');
        const failed = expect(running).rejects.toBe(reason);
        await seen;
        controller.abort(reason);
        await failed;
        await expect(engine.containers.exec(id, ['cat'], { signal: controller.signal })).rejects.toBe(reason);
        expect((await engine.containers.inspect(id)).state).toBe('running');
      });
    });

    describe('exec with an input that stays open', () => {
      const talk = (id: string, signal?: AbortSignal) => {
        const { stdin, stdout, say } = speech();
        const ended = engine.containers.exec(id, sh(SCRIPTS.answer), { stdin, stdout, ...(signal && { signal }) });
        return { stdin, ended, say };
      };

      test('is a conversation, line by line', async () => {
        const id = await started();
        const { stdin, ended, say } = talk(id);
        expect(await say('one')).toBe('heard one\n');
        await sleep(100);
        expect(await say('two')).toBe('heard two\n');
        expect(await engine.containers.pathExists(id, '/ended')).toBe(false);
        stdin.end();
        expect((await ended).exitCode).toBe(0);
        expect(await engine.containers.pathExists(id, '/ended')).toBe(true);
      });

      test('the command reads the end of it when its client goes away', async () => {
        const id = await started();
        const controller = new AbortController();
        const { stdin, ended, say } = talk(id, controller.signal);
        expect(await say('one')).toBe('heard one\n');
        const reason = new Error('gone');
        const failed = expect(ended).rejects.toBe(reason);
        controller.abort(reason);
        await failed;
        await until(() => engine.containers.pathExists(id, '/ended'), 5000);
        expect(stdin.writableEnded).toBe(false);
      });
    });

    describe('attach', () => {
      const attended = async (signal?: AbortSignal) => {
        const id = await engine.containers.create(spec({ command: sh(SCRIPTS.answer), stdin: true }));
        const { stdin, stdout, say } = speech();
        const { ended } = await engine.containers.attach(id, { stdin, stdout, ...(signal && { signal }) });
        return { id, stdin, ended, say };
      };

      test('before the start: all that the main process says is heard, and it hears all', async () => {
        const { id, stdin, ended, say } = await attended();
        const first = say('one');
        await engine.containers.start(id);
        expect(await first).toBe('heard one\n');
        expect(await say('two')).toBe('heard two\n');
        expect(await engine.containers.pathExists(id, '/ended')).toBe(false);
        stdin.end();
        await ended;
        await until(async () => (await engine.containers.inspect(id)).state === 'stopped', 5000);
        expect(await engine.containers.pathExists(id, '/ended')).toBe(true);
        expect(await engine.containers.logs(id, { tail: 5 })).toBe('heard one\nheard two\n');
      });

      test('when it goes away the main process reads the end; the next run has an input of its own', async () => {
        const controller = new AbortController();
        const { id, stdin, ended, say } = await attended(controller.signal);
        await engine.containers.start(id);
        expect(await say('one')).toBe('heard one\n');
        const reason = new Error('gone');
        const failed = expect(ended).rejects.toBe(reason);
        controller.abort(reason);
        await failed;
        await until(async () => (await engine.containers.inspect(id)).state === 'stopped', 5000);
        expect(await engine.containers.pathExists(id, '/ended')).toBe(true);
        expect(stdin.writableEnded).toBe(false);
        await engine.containers.start(id);
        await sleep(300);
        expect((await engine.containers.inspect(id)).state).toBe('running');
      });

      test('ends when the container is removed', async () => {
        const { id, ended, say } = await attended();
        await engine.containers.start(id);
        expect(await say('one')).toBe('heard one\n');
        await engine.containers.remove(id);
        await ended;
      });
    });

    describe('ports', () => {
      test('a free one is chosen and reported', async () => {
        const publish = [{ containerPort: 8080, hostAddress: '127.0.0.1', hostPort: 0 }];
        const ids = await Promise.all([started({ publish }), started({ publish })]);
        const ports = await Promise.all(ids.map(async (id) => (await engine.containers.inspect(id)).ports));
        expect(ports[0]).toEqual([{ containerPort: 8080, hostAddress: '127.0.0.1', hostPort: expect.any(Number) }]);
        expect(ports[0]?.[0]?.hostPort).toBeGreaterThan(1023);
        expect(ports[0]?.[0]?.hostPort).not.toBe(ports[1]?.[0]?.hostPort);
      });

      test('one that another container has is PortTaken, and the loser can start later', async () => {
        const first = await started({ publish: [{ containerPort: 8080, hostAddress: '127.0.0.1', hostPort: 0 }] });
        const hostPort = (await engine.containers.inspect(first)).ports[0]?.hostPort ?? 0;
        const second = await engine.containers.create(
          spec({ publish: [{ containerPort: 9090, hostAddress: '127.0.0.1', hostPort }] }),
        );
        const failed = engine.containers.start(second);
        await expect(failed).rejects.toThrow(PortTakenError);
        await expect(failed).rejects.toThrow(String(hostPort));
        await engine.containers.remove(first);
        await engine.containers.start(second);
        expect((await engine.containers.inspect(second)).ports).toEqual([
          { containerPort: 9090, hostAddress: '127.0.0.1', hostPort },
        ]);
      });
    });

    describe('networks', () => {
      test('list, subnets, remove twice', async () => {
        const net = await network();
        expect(await engine.networks.list(labels)).toEqual([
          { id: net.id, name: net.name, labels, subnets: [net.subnet] },
        ]);
        expect((await engine.networks.list({})).map(({ name: it }) => it)).toContain('bridge');
        await engine.networks.remove(net.id);
        await engine.networks.remove(net.id);
        expect(await engine.networks.list(labels)).toEqual([]);
      });

      test('an overlapping subnet and a taken name are conflicts', async () => {
        const net = await network();
        const other = { name: unique('net'), subnet: net.subnet.replace('/27', '/28'), labels };
        await expect(engine.networks.create(other)).rejects.toThrow(ConflictError);
        await expect(engine.networks.create({ ...other, name: net.name, subnet: '10.214.0.0/27' })).rejects.toThrow(
          ConflictError,
        );
      });

      test('an address belongs to one running container', async () => {
        const net = await network();
        const wanted = { network: { name: net.name, address: net.prefix } };
        const first = await started(wanted);
        expect((await engine.containers.inspect(first)).addresses).toEqual({ [net.name]: net.prefix });
        const second = await engine.containers.create(spec(wanted));
        await expect(engine.containers.start(second)).rejects.toThrow(ConflictError);
        await engine.containers.stop(first, { graceMs: 0 });
        await engine.containers.start(second);
      });

      test('in use it cannot be removed', async () => {
        const net = await network();
        const id = await started({ network: { name: net.name, address: net.prefix } });
        await expect(engine.networks.remove(net.id)).rejects.toThrow(ConflictError);
        await engine.containers.remove(id);
        await engine.networks.remove(net.id);
      });

      test('a container whose network has gone does not start', async () => {
        const net = await network();
        const id = await engine.containers.create(spec({ network: { name: net.name, address: net.prefix } }));
        await engine.networks.remove(net.id);
        await expect(engine.containers.start(id)).rejects.toThrow(NotFoundError);
      });
    });

    describe('volumes', () => {
      test('outlive their containers, and are held by them', async () => {
        const volume = unique('volume');
        await engine.volumes.create({ name: volume, labels });
        await engine.volumes.create({ name: volume, labels: { other: 'labels' } });
        expect(await engine.volumes.list(labels)).toEqual([{ name: volume, labels }]);
        const mounts = [{ volume, path: '/data', readOnly: false }];
        const first = await started({ mounts });
        expect((await engine.containers.exec(first, sh(SCRIPTS.write))).exitCode).toBe(0);
        await expect(engine.volumes.remove(volume)).rejects.toThrow(ConflictError);
        await engine.containers.remove(first);
        const second = await started({ mounts });
        expect((await engine.containers.readFile(second, '/data/written'))?.toString()).toBe('changed\n');
        await engine.containers.remove(second);
        await engine.volumes.remove(volume);
        await engine.volumes.remove(volume);
        expect(await engine.volumes.list(labels)).toEqual([]);
      });
    });

    describe('commit', () => {
      test.each([true, false])('pause %s: a container of the commit has the same bytes', async (pause) => {
        const id = await started({ environment: { KEPT: 'yes' }, labels: { ...labels, inherited: 'yes' } });
        const content = randomBytes(10_000);
        await engine.containers.writeFiles(id, [{ path: '/state', content }]);
        const committed = reference();
        const odd = 'quote " dollar $HOME back\\slash {"json":1}';
        const imageId = await engine.containers.commit(id, { reference: committed, labels: { ...labels, odd }, pause });
        expect((await engine.containers.inspect(id)).state).toBe('running');
        const found = await engine.images.inspect(committed);
        expect(found).toMatchObject({ id: imageId, references: [committed], labels: { ...labels, odd } });
        // Not asked for, but a fact of engines that everybody who filters by label must know.
        expect(found?.labels).toMatchObject({ inherited: 'yes' });
        const copy = await engine.containers.create(spec({ image: committed }));
        expect((await engine.containers.readFile(copy, '/state'))?.equals(content)).toBe(true);
        expect((await engine.containers.inspect(copy)).labels).toMatchObject({ inherited: 'yes', odd });
      });

      test('adds one layer to those of the image, or none where nothing has changed', async () => {
        const below = (await engine.images.inspect(image))?.layers ?? [];
        expect(below.length).toBeGreaterThan(0);
        const id = await engine.containers.create(spec());
        const [same, changed] = [reference(), reference()];
        await engine.containers.commit(id, { reference: same, labels, pause: false });
        expect((await engine.images.inspect(same))?.layers).toEqual(below);
        await engine.containers.writeFiles(id, [{ path: '/state', content: 'new' }]);
        await engine.containers.commit(id, { reference: changed, labels, pause: false });
        expect((await engine.images.inspect(changed))?.layers).toEqual([
          ...below,
          expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        ]);
      });

      test('of several containers at once, with a long label', async () => {
        const long = JSON.stringify(Array.from({ length: 2000 }, (_, index) => ({ name: `"${index}"`, cost: '$1' })));
        const committed = await Promise.all(
          [1, 2, 3].map(async (content) => {
            const id = await started();
            await engine.containers.writeFiles(id, [{ path: '/which', content: String(content) }]);
            const wanted = { reference: reference(), labels: { ...labels, long }, pause: false };
            return { id: await engine.containers.commit(id, wanted), reference: wanted.reference };
          }),
        );
        for (const { id, reference: name_ } of committed) {
          expect(await engine.images.inspect(name_)).toMatchObject({ id, labels: { long } });
        }
        expect(new Set(committed.map(({ id }) => id)).size).toBe(3);
      });

      test('a stopped container can be committed', async () => {
        const id = await engine.containers.create(spec());
        const committed = reference();
        await engine.containers.commit(id, { reference: committed, labels, pause: true });
        expect(await engine.images.inspect(committed)).toBeDefined();
      });
    });

    describe('images', () => {
      test('build from a context with a streamed file', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'contract-'));
        try {
          const source = join(folder, 'source.bin');
          const content = randomBytes(3_000_000);
          await writeFile(source, content);
          const built = reference();
          const messages: string[] = [];
          const wanted = {
            reference: built,
            context: [
              {
                path: 'Dockerfile',
                content: `ARG BASE\nFROM ${image}\nCOPY a.txt /a.txt\nCOPY big.bin /opt/big.bin\n`,
              },
              { path: 'a.txt', content: 'context' },
            ],
            contextFiles: [{ path: 'big.bin', source }],
            arguments: { BASE: 'unused' },
            labels: { ...labels, built: 'yes "really" $HOME' },
          };
          await engine.images.build(wanted, { onProgress: ({ message }) => messages.push(message) });
          const found = await engine.images.inspect(built);
          expect(found).toMatchObject({ references: [built], labels: { built: 'yes "really" $HOME' } });
          expect(found?.sizeBytes).toBeGreaterThan(3_000_000);
          expect(messages.some((message) => /^step 3\/\d: COPY a.txt/.test(message))).toBe(true);
          const id = await engine.containers.create(spec({ image: built }));
          expect((await engine.containers.readFile(id, '/opt/big.bin'))?.equals(content)).toBe(true);
        } finally {
          await rm(folder, { recursive: true });
        }
      }, 60_000);

      test('a build that fails gives the last lines', async () => {
        const failed = engine.images.build(
          {
            reference: reference(),
            context: [{ path: 'Dockerfile', content: `FROM ${image}\nRUN ${SCRIPTS.failingBuild}\n` }],
            arguments: {},
            labels,
          },
          {},
        );
        await expect(failed).rejects.toThrow(ImageBuildError);
        await expect(failed).rejects.toMatchObject({ details: expect.arrayContaining(['last words']) });
      }, 60_000);

      test('a context file that is not there fails the build and nothing else', async () => {
        const failed = engine.images.build(
          {
            reference: reference(),
            context: [{ path: 'Dockerfile', content: `FROM ${image}\n` }],
            contextFiles: [{ path: 'x', source: '/contract/absent' }],
            arguments: {},
            labels,
          },
          {},
        );
        await expect(failed).rejects.toThrow(NotFoundError);
        await expect(failed).rejects.toThrow('/contract/absent');
      });

      test('import of a root file system, with labels', async () => {
        const tar = pack();
        tar.entry({ name: 'etc/imported' }, 'root');
        tar.finalize();
        const imported = reference();
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile would put a variable in here, and must not
        const odd = { ...labels, odd: 'quote " dollar $HOME ${X} back\\slash it\'s {"json":1} #' };
        await engine.images.importRootFilesystem(Readable.from(tar), { reference: imported, labels: odd });
        expect(await engine.images.inspect(imported)).toMatchObject({ references: [imported], labels: odd });
        const id = await engine.containers.create(spec({ image: imported }));
        expect((await engine.containers.readFile(id, '/etc/imported'))?.toString()).toBe('root');
      });

      test('an import keeps a long label, and takes layers of its own', async () => {
        const long = JSON.stringify(Array.from({ length: 800 }, (_, index) => ({ name: `n${index}`, v: '$x\\"' })));
        expect(long.length).toBeGreaterThan(20_000);
        const imported = reference();
        const wanted = { reference: imported, labels: { ...labels, long, after: 'it' } };
        await engine.images.importRootFilesystem(packEntries({ own: 'file' }), wanted);
        const found = await engine.images.inspect(imported);
        expect(found?.labels).toEqual(wanted.labels);
        expect(found?.layers).toHaveLength(1);
      });

      test('an import that is aborted or cut off ends', async () => {
        const wanted = { reference: reference(), labels };
        const controller = new AbortController();
        const endless = new PassThrough();
        endless.write(Buffer.alloc(100));
        const importing = engine.images.importRootFilesystem(endless, { ...wanted, signal: controller.signal });
        const reason = new Error('enough');
        const failed = expect(importing).rejects.toBe(reason);
        await sleep(50);
        controller.abort(reason);
        await failed;
        const broken = new PassThrough();
        const breaking = expect(engine.images.importRootFilesystem(broken, wanted)).rejects.toThrow(/unplugged/);
        broken.write(Buffer.alloc(100));
        await sleep(50);
        broken.destroy(new Error('unplugged'));
        await breaking;
        expect(await engine.images.inspect(wanted.reference)).toBeUndefined();
      });

      describe('save and load', () => {
        /** An image of the base, one own layer below and one on top, so that there is something to leave out. */
        const twoLayers = async (): Promise<{ lower: string; upper: string }> => {
          const names = { lower: reference(), upper: reference() };
          const base = await engine.containers.create(spec());
          await engine.containers.writeFiles(base, [{ path: '/lower', content: randomBytes(1000) }]);
          await engine.containers.commit(base, { reference: names.lower, labels, pause: false });
          const next = await engine.containers.create(spec({ image: names.lower, environment: { A: 'x = "y"' } }));
          await engine.containers.writeFiles(next, [{ path: '/upper', content: randomBytes(1000) }]);
          const own = { ...labels, own: 'quote " and {"json":1}' };
          await engine.containers.commit(next, { reference: names.upper, labels: own, pause: false });
          await engine.containers.remove(next);
          await engine.containers.remove(base);
          return names;
        };
        const layerFiles = (entries: ReadonlyMap<string, Buffer>, name_: string): string[] => {
          const lines: { RepoTags: string[]; Layers: string[] }[] = JSON.parse(String(entries.get('manifest.json')));
          return lines.find(({ RepoTags }) => RepoTags.includes(name_))?.Layers ?? [];
        };

        test('bring back the same images', async () => {
          const { lower, upper } = await twoLayers();
          const before = [await engine.images.inspect(lower), await engine.images.inspect(upper)];
          const saved = await buffer(await engine.images.save([lower, upper]));
          await engine.images.remove(upper);
          await engine.images.remove(lower);
          expect(await engine.images.inspect(upper)).toBeUndefined();
          const messages: string[] = [];
          const onProgress = ({ message }: { readonly message: string }): void => void messages.push(message);
          await engine.images.load(Readable.from([saved]), { onProgress });
          expect([await engine.images.inspect(lower), await engine.images.inspect(upper)]).toEqual(before);
          expect(messages).toEqual(expect.arrayContaining(['layer 1', 'layer 2', `Loaded image: ${upper}`]));
          const id = await engine.containers.create(spec({ image: upper }));
          expect((await engine.containers.readFile(id, '/lower'))?.length).toBe(1000);
          expect((await engine.containers.readFile(id, '/upper'))?.length).toBe(1000);
        });

        test('without the layers that the engine has', async () => {
          const { upper } = await twoLayers();
          const before = await engine.images.inspect(upper);
          const entries = await unpackEntries(await engine.images.save([upper]));
          await engine.images.remove(upper);
          const [first = '', second = '', ...top] = layerFiles(entries, upper).toReversed();
          for (const known of [second, ...top]) entries.delete(known);
          const thin = Object.fromEntries([...entries].filter(([name_]) => !name_.endsWith('/')));
          await engine.images.load(packEntries(thin), {});
          expect(await engine.images.inspect(upper)).toEqual(before);

          // And not without one that it has not.
          await engine.images.remove(upper);
          const { [first]: _, ...thinner } = thin;
          await expect(engine.images.load(packEntries(thinner), {})).rejects.toThrow(EngineFailedError);
          expect(await engine.images.inspect(upper)).toBeUndefined();
        });

        test('only manifest, config and new layers are needed', async () => {
          const { upper } = await twoLayers();
          const before = await engine.images.inspect(upper);
          const entries = await unpackEntries(await engine.images.save([upper]));
          await engine.images.remove(upper);
          const [newest] = layerFiles(entries, upper).toReversed();
          const few = [...entries].filter(([name_]) => name_ === newest || /^[^/]+\.json$/.test(name_));
          await engine.images.load(packEntries(Object.fromEntries(few)), {});
          expect(await engine.images.inspect(upper)).toEqual(before);
        });

        test('a layer that was altered is refused', async () => {
          const { upper } = await twoLayers();
          const entries = await unpackEntries(await engine.images.save([upper]));
          await engine.images.remove(upper);
          const newest = layerFiles(entries, upper).at(-1) ?? '';
          const altered = packEntries({ upper: 'altered' });
          const files = [...entries].filter(([name_]) => !name_.endsWith('/'));
          const evil = { ...Object.fromEntries(files), [newest]: await buffer(altered) };
          await expect(engine.images.load(packEntries(evil), {})).rejects.toThrow(/invalid diffID/);
        });

        test('what is no saved image is refused', async () => {
          const { upper } = await twoLayers();
          const saved = await buffer(await engine.images.save([upper]));
          const bad = {
            'no manifest': packEntries({ 'some/file': 'x' }),
            'no tar': Readable.from([randomBytes(10_000)]),
            'cut off': Readable.from([saved.subarray(0, saved.length / 2)]),
          };
          for (const tar of Object.values(bad)) {
            await expect(engine.images.load(tar, {})).rejects.toThrow(EngineFailedError);
          }
        });

        test('abort: the reason of the signal, on both ways', async () => {
          const { upper } = await twoLayers();
          const reason = new Error('enough');
          const controller = new AbortController();
          const saving = await engine.images.save([upper], { signal: controller.signal });
          controller.abort(reason);
          await expect(buffer(saving)).rejects.toBe(reason);
          await expect(engine.images.save([upper], { signal: controller.signal })).rejects.toBe(reason);

          const loading = new AbortController();
          const endless = new PassThrough();
          endless.write(Buffer.alloc(100));
          const failed = expect(engine.images.load(endless, { signal: loading.signal })).rejects.toBe(reason);
          await sleep(50);
          loading.abort(reason);
          await failed;
        });
      });

      test('tag, list, and remove one name after the other', async () => {
        const [first, second] = [reference(), reference()];
        const base = await engine.containers.create(spec());
        await engine.containers.commit(base, { reference: first, labels, pause: false });
        await engine.images.tag(first, second);
        const [listed] = await engine.images.list(labels);
        expect(listed?.references.toSorted()).toEqual([first, second].sort());
        expect(Date.parse(listed?.createdAt ?? '')).toBeGreaterThan(Date.parse('2024-01-01'));
        await engine.images.remove(first);
        expect(await engine.images.inspect(first)).toBeUndefined();
        expect(await engine.images.inspect(second)).toBeDefined();
        await engine.images.remove(second);
        await engine.images.remove(second);
        expect(await engine.images.list(labels)).toEqual([]);
      });

      test('in use it cannot be removed', async () => {
        const base = await engine.containers.create(spec());
        const committed = reference();
        await engine.containers.commit(base, { reference: committed, labels, pause: false });
        const user = await engine.containers.create(spec({ image: committed }));
        await expect(engine.images.remove(committed)).rejects.toThrow(ConflictError);
        await engine.containers.remove(user);
        await engine.images.remove(committed);
      });
    });

    describe('health', () => {
      test('starting, unhealthy, healthy', async () => {
        const healthCheck = { command: HEALTH_COMMAND, intervalMs: 300, timeoutMs: 2000, startPeriodMs: 1, retries: 2 };
        const id = await started({ healthCheck });
        const health = async (): Promise<string> => {
          const [listed] = await engine.containers.list(labels);
          return listed?.health ?? '';
        };
        expect(await health()).toBe('starting');
        await until(async () => (await health()) === 'unhealthy');
        expect((await engine.containers.inspect(id)).health).toBe('unhealthy');
        await engine.containers.writeFiles(id, [{ path: '/healthy', content: 'yes' }]);
        await until(async () => (await health()) === 'healthy');
        expect((await engine.containers.inspect(id)).health).toBe('healthy');
      }, 20_000);
    });

    describe('what is not there', () => {
      const absent = 'contract-absent';
      const asks: Record<string, () => Promise<unknown>> = {
        start: () => engine.containers.start(absent),
        stop: () => engine.containers.stop(absent, { graceMs: 0 }),
        pause: () => engine.containers.pause(absent),
        unpause: () => engine.containers.unpause(absent),
        inspect: () => engine.containers.inspect(absent),
        writeFiles: () => engine.containers.writeFiles(absent, [{ path: '/x', content: '' }]),
        readFile: () => engine.containers.readFile(absent, '/x'),
        pathExists: () => engine.containers.pathExists(absent, '/x'),
        readArchive: () => engine.containers.readArchive(absent, '/x'),
        rename: () => engine.containers.rename(absent, 'contract-x'),
        writtenBytes: () => engine.containers.writtenBytes(absent),
        pathStatus: () => engine.containers.pathStatus(absent, '/x'),
        writeArchive: () => engine.containers.writeArchive(absent, '/', packEntries({ x: '' })),
        exportFilesystem: () => engine.containers.exportFilesystem(absent),
        exec: () => engine.containers.exec(absent, ['true']),
        attach: () => engine.containers.attach(absent, { stdin: new PassThrough(), stdout: new PassThrough() }),
        logs: () => engine.containers.logs(absent, { tail: 1 }),
        commit: () => engine.containers.commit(absent, { reference: 'contract-x:y', labels, pause: false }),
        'image tag': () => engine.images.tag('contract-absent:x', 'contract-absent:y'),
        'image save': () => engine.images.save(['contract-absent:x']),
        'image push': () => engine.images.push('contract-absent:x', {}),
      };
      test.each(Object.keys(asks))('%s: NotFound, with a hint', async (ask) => {
        const failed = asks[ask]?.();
        await expect(failed).rejects.toThrow(NotFoundError);
        await expect(failed).rejects.toMatchObject({ hint: expect.stringMatching(/\w/) });
      });

      test('removing it is fine, asking for an image gives undefined', async () => {
        await engine.containers.remove(absent);
        await engine.networks.remove(absent);
        await engine.volumes.remove(absent);
        await engine.images.remove('contract-absent:x');
        expect(await engine.images.inspect('contract-absent:x')).toBeUndefined();
      });
    });

    test('nothing is left behind', async () => {
      expect(await engine.containers.list(labels)).toEqual([]);
      expect(await engine.networks.list(labels)).toEqual([]);
      expect(await engine.volumes.list(labels)).toEqual([]);
      expect((await engine.images.list(labels)).flatMap(({ references }) => references)).toEqual([]);
    });
  });
}

async function until(holds: () => Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
    await sleep(50);
  }
}

/** Settles once a command has said something: only then is it certain to run. */
function firstOutput(): readonly [Promise<void>, Writable] {
  const { promise, resolve } = Promise.withResolvers<void>();
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      resolve();
      done();
    },
  });
  return [promise, sink];
}
