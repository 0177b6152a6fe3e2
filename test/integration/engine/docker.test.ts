import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createDockerEngines } from '../../../src/engine/docker/index.js';
import type { ContainerSpec, Engine } from '../../../src/engine/index.js';
import {
  EngineUnreachableError,
  NotFoundError,
  PortTakenError,
  RegistryError,
  RegistryUnreachableError,
  UsageError,
} from '../../../src/errors/index.js';
import { describeEngineContract } from './contract.js';
import { packEntries, unpackEntries } from './tar.js';
import { tinyImage } from './tiny-image.js';

const run = randomBytes(4).toString('hex');
const own = `contract-base-${run}:test`;
const harness = await openHarness();

if ('reason' in harness) {
  process.stderr.write(`engine contract: docker skipped: ${harness.reason}\n`);
  test.skip(`engine contract: docker (${harness.reason})`);
} else {
  const { engine, image } = harness;
  afterAll(() => engine.images.remove(own));
  describeEngineContract('docker', async () => harness);
  describeDockerAlone(engine, image);
}

async function openHarness(): Promise<{ engine: Engine; image: string } | { reason: string }> {
  try {
    const engines = await createDockerEngines();
    const engine = engines.on(engines.home);
    const image = await tinyImage(engine, own);
    return image === undefined ? { reason: 'no busybox and no local image with a shell' } : { engine, image };
  } catch (error) {
    if (error instanceof EngineUnreachableError) return { reason: error.message };
    throw error;
  }
}

function describeDockerAlone(engine: Engine, image: string): void {
  const made: string[] = [];
  const started = async (script: string, more: Partial<ContainerSpec> = {}): Promise<string> => {
    const id = await engine.containers.create({
      name: `contract-${run}-alone-${made.length}`,
      image,
      hostname: 'alone',
      labels: {},
      environment: {},
      command: ['sh', '-c', script],
      ...more,
    });
    made.push(id);
    await engine.containers.start(id);
    return id;
  };

  describe('docker alone', () => {
    afterAll(async () => {
      for (const id of made) await engine.containers.remove(id);
    }, 60_000);

    test('a published port answers from inside the container', async () => {
      const id = await started(
        'mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www',
        {
          publish: [{ containerPort: 8080, hostAddress: '127.0.0.1', hostPort: 0 }],
        },
      );
      const [port] = (await engine.containers.inspect(id)).ports;
      const answer = await fetchSoon(`http://127.0.0.1:${port?.hostPort}/`);
      expect(answer).toBe('hello\n');
    });

    test('a port that a program of the host has is PortTaken', async () => {
      const server = createServer();
      const hostPort = await new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          const address = server.address();
          resolve(typeof address === 'object' && address ? address.port : 0);
        });
      });
      try {
        const failed = started('sleep 600', { publish: [{ containerPort: 1, hostAddress: '127.0.0.1', hostPort }] });
        await expect(failed).rejects.toThrow(PortTakenError);
        await expect(failed).rejects.toThrow(`127.0.0.1:${hostPort}`);
      } finally {
        server.close();
      }
    });

    test('a link is followed when a file is read', async () => {
      const id = await started('exec sleep 600');
      await engine.containers.writeFiles(id, [{ path: '/tmp/target', content: 'behind the link' }]);
      if (!(await engine.containers.pathExists(id, '/etc/link'))) return;
      expect((await engine.containers.readFile(id, '/etc/link'))?.toString()).toBe('behind the link');
    });

    test('files keep their mode and leave existing folders alone', async () => {
      const id = await started('exec sleep 600');
      await engine.containers.writeFiles(id, [
        { path: '/tmp/script', content: '#!/bin/sh\necho ran\n', mode: 0o755 },
        { path: '/made/deep/file', content: '' },
      ]);
      expect((await engine.containers.exec(id, ['/tmp/script'])).stdout).toBe('ran\n');
      const { stdout } = await engine.containers.exec(id, ['busybox', 'stat', '-c', '%a %u', '/tmp', '/made/deep']);
      expect(stdout).toBe('1777 0\n755 0\n');
    });

    test('an equal build comes out of the layer cache', async () => {
      const build = async (reference: string): Promise<string | undefined> => {
        const messages: string[] = [];
        await engine.images.build(
          {
            reference,
            context: [
              { path: 'b', content: 'b' },
              { path: 'Dockerfile', content: `FROM ${image}\nCOPY a b /opt/\n` },
              { path: 'a', content: 'a' },
            ],
            arguments: {},
            labels: {},
          },
          { onProgress: ({ message }) => messages.push(message) },
        );
        return (await engine.images.inspect(reference))?.id;
      };
      const [first, second] = [`contract-${run}-cache:1`, `contract-${run}-cache:2`];
      try {
        expect(await build(first)).toBe(await build(second));
      } finally {
        await engine.images.remove(first);
        await engine.images.remove(second);
      }
    });

    test('an aborted build ends soon, with the reason of the signal', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const building = engine.images.build(
        {
          reference: `contract-${run}-aborted:1`,
          context: [{ path: 'Dockerfile', content: `FROM ${image}\nRUN echo begun; sleep 60\n` }],
          arguments: {},
          labels: {},
        },
        {
          signal: controller.signal,
          onProgress: ({ message }) => {
            if (message.endsWith(': begun')) controller.abort(reason);
          },
        },
      );
      await expect(building).rejects.toBe(reason);
      expect(await engine.images.inspect(`contract-${run}-aborted:1`)).toBeUndefined();
    }, 20_000);

    test('a label of an import may have 64 kB as a line, all together 1 MB; more is refused before it is cut off', async () => {
      const reference = `contract-${run}-label:1`;
      const longest = 65_535 - 'LABEL "a"=""'.length;
      const importWith = (labels: Record<string, string>): Promise<void> =>
        engine.images.importRootFilesystem(packEntries({ file: 'x' }), { reference, labels });
      try {
        const labels = { a: 'x'.repeat(longest), b: 'behind it' };
        await importWith(labels);
        expect((await engine.images.inspect(reference))?.labels).toEqual(labels);
        // Many short ones: the engine's time grows with the square of a line (20 kB: 0.2 s, 64 kB: 1 s).
        const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`l${index}`, 'x'.repeat(5000)]));
        await importWith({ ...many, last: 'x'.repeat(20_000) });
        expect(Object.keys((await engine.images.inspect(reference))?.labels ?? {})).toHaveLength(201);
        await expect(importWith({ a: 'x'.repeat(longest + 1) })).rejects.toThrow(UsageError);
        await expect(importWith({ a: '"'.repeat(longest / 2 + 1) })).rejects.toThrow(UsageError);
        await expect(importWith({ ...many, last: 'x'.repeat(30_000) })).rejects.toThrow(
          /too long: 10\d{5} bytes in URL/,
        );
        await expect(importWith({ a: 'two\nlines' })).rejects.toThrow(UsageError);
      } finally {
        await engine.images.remove(reference);
      }
    });

    test('an altered config is another image, and takes the reference', async () => {
      const reference = `contract-${run}-altered:1`;
      await engine.images.importRootFilesystem(packEntries({ file: run }), { reference, labels: { is: 'true' } });
      const entries = await unpackEntries(await engine.images.save([reference]));
      const id = (await engine.images.inspect(reference))?.id ?? '';
      const config = `${id.replace('sha256:', '')}.json`;
      const altered = String(entries.get(config)).replaceAll('"is":"true"', '"is":"evil"');
      const files = [...entries].filter(([name]) => !name.endsWith('/'));
      try {
        await engine.images.load(packEntries({ ...Object.fromEntries(files), [config]: altered }), {});
        const found = await engine.images.inspect(reference);
        expect(found?.labels).toEqual({ is: 'evil' });
        expect(found?.id).not.toBe(id);
      } finally {
        await engine.images.remove(reference);
        await engine.images.remove(id);
      }
    });

    test('a registry that does not answer is told apart from the engine', async () => {
      const reference = '127.0.0.1:1/nothing:here';
      await expect(engine.images.pull(reference, {})).rejects.toThrow(RegistryUnreachableError);
      await engine.images.tag(image, reference);
      try {
        await expect(engine.images.push(reference, {})).rejects.toThrow(RegistryUnreachableError);
      } finally {
        await engine.images.remove(reference);
      }
    });

    test('a registry that wants a login: refused without, and with one the login arrives', async () => {
      const authorization = `Basic ${Buffer.from('anna:secret').toString('base64')}`;
      await using registry = await openRegistry((request, response) => {
        if (request.headers.authorization === authorization) {
          response.writeHead(404, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
        } else {
          response.writeHead(401, { 'www-authenticate': 'Basic realm="test"', 'content-type': 'application/json' });
          response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }));
        }
      });
      const reference = `${registry.host}/nothing:here`;
      const refused = engine.images.pull(reference, {});
      await expect(refused).rejects.toThrow(RegistryError);
      await expect(refused).rejects.toMatchObject({ hint: 'log in: bdsandbox registry login' });
      await engine.images.tag(image, reference);
      try {
        await expect(engine.images.push(reference, {})).rejects.toThrow(RegistryError);
      } finally {
        await engine.images.remove(reference);
      }

      const folder = await mkdtemp(join(tmpdir(), 'contract-config-'));
      const auth = Buffer.from('anna:secret').toString('base64');
      await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const engines = await createDockerEngines({ environment: { ...process.env, DOCKER_CONFIG: folder } });
      try {
        await expect(engines.on(engines.home).images.pull(reference, {})).rejects.toThrow(NotFoundError);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}

/** The engine runs on this machine, and takes plain HTTP from 127.0.0.0/8. */
async function openRegistry(answer: RequestListener): Promise<{ host: string } & AsyncDisposable> {
  const server = createHttpServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The server inside needs a moment after the start of its container. */
async function fetchSoon(url: string): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
