import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ListedImage } from '../../src/images/index.js';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, ok } from './cli.js';
import { smallEngine } from './small-engine.js';
import { TINY } from './tiny.js';

interface Built {
  readonly reference: string;
  readonly origin: 'engine' | 'registry' | 'built';
}

const SECRET = 'correct horse';
/** A registry of its own, so that a person's embedded one is left alone. */
const REGISTRY = '127.0.0.1:5055';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-images-'));
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await rm(folder, { recursive: true, force: true });
});

describe('images', () => {
  test('unchanged input is never built twice, and a change of a config file builds nothing', async () => {
    const first = await json<Built>(['images', 'build', 'tiny'], { environment: TINY });
    const again = await json<Built>(['images', 'build', 'tiny'], { environment: TINY });
    expect(again).toMatchObject({ reference: first.reference, origin: 'engine' });

    const own = path.join(folder, 'templates');
    await execa('cp', ['-r', TINY.BDSANDBOX_TEMPLATES, own]);
    const environment = { BDSANDBOX_TEMPLATES: own };
    const yaml = path.join(own, 'components/tiny/component.yaml');
    await writeFile(yaml, (await readFile(yaml, 'utf8')).replace('mode: follow', 'mode: wait'));
    const { reference, origin } = await json<Built>(['images', 'build', 'tiny'], { environment });
    expect({ reference, origin }).toEqual({ reference: first.reference, origin: 'engine' });

    await writeFile(path.join(own, 'components/tiny/rootfs/usr/share/tiny/version'), '1.1\n');
    const changed = await json<Built>(['images', 'build', 'tiny'], { environment });
    expect(changed.origin).toBe('built');
    expect(changed.reference).not.toBe(first.reference);
    await ok(['images', 'rm', changed.reference]);
  });

  test('the same inputs give the same files', async () => {
    // The component's release is fetched and laid out anew each time.
    const build = async (): Promise<{ reference: string; layers: string }> => {
      await ok(['images', 'build', 'zookeeper', '--no-cache']);
      const [reference = 'none'] = await imagesOf('zookeeper=3.9.3', 'component');
      return { reference, layers: await docker('image', 'inspect', reference, '--format', '{{json .RootFS.Layers}}') };
    };
    const first = await build();
    await ok(['images', 'rm', first.reference]);
    expect(await build()).toEqual(first);
  });

  test('a component from a release tarball, checked by its sha512', async () => {
    const stage = path.join(folder, 'apache-zookeeper-3.9.99-bin');
    await mkdir(path.join(stage, 'lib'), { recursive: true });
    const image = (await json<Built>(['images', 'build', 'zookeeper'])).reference;
    const id = await docker('create', image, 'true');
    try {
      await docker('cp', `${id}:/opt/zookeeper/lib/.`, path.join(stage, 'lib'));
    } finally {
      await docker('rm', id);
    }
    const tarball = path.join(folder, 'apache-zookeeper-3.9.99-bin.tar.gz');
    await execa('tar', ['-czf', tarball, '-C', folder, 'apache-zookeeper-3.9.99-bin']);
    const sha512 = createHash('sha512')
      .update(await readFile(tarball))
      .digest('hex');

    const wrong = await bds(['create', 'zookeeper', '--with', `zookeeper=${tarball}#sha512=${'0'.repeat(128)}`]);
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toContain('has sha512');

    const withFile = `zookeeper=${tarball}#sha512=${sha512}`;
    const sandbox = await json<CreatedSandbox>(['create', 'zookeeper', 'e2e-own', '--nodes', '1', '--with', withFile]);
    expect(sandbox.state).toBe('running');
    expect(await inNode('e2e-own', 'cat /etc/bdsandbox/plan.json')).toContain('3.9.99');
    expect(await inNode('e2e-own', 'zkCli create /mark own 2>&1; zkCli get /mark 2>/dev/null')).toMatch(/^own$/m);
    await ok(['destroy', 'e2e-own', '--force']);
    await ok(['images', 'rm', ...(await imagesOf('zookeeper=3.9.99'))]);
  });
});

/** Newest first. */
async function imagesOf(versions: string, kind?: string): Promise<string[]> {
  const { images } = await json<{ images: ListedImage[] }>(['images', 'ls']);
  return images
    .filter((image) => image.versions === versions && (kind === undefined || image.kind === kind))
    .map(({ reference }) => reference);
}

describe('a registry with user and password', () => {
  const environment = () => ({
    ...TINY,
    BDSANDBOX_REGISTRY: REGISTRY,
    BDSANDBOX_REGISTRY_PASSWORD: SECRET,
    DOCKER_CONFIG: path.join(folder, 'docker'),
  });

  let container: string;

  beforeAll(async () => {
    // Not the embedded one, of which an engine has one: a second, made of the same image.
    // npm test has started one: of our own image, or of the public one where that could be pulled.
    const own = (await ok(['images', 'ls', '-q'])).split('\n').find((name) => name.startsWith('bdsandbox/registry:'));
    const image = own ?? 'registry:2';
    const { hash } = await import('bcryptjs');
    await writeFile(path.join(folder, 'htpasswd'), `qa:${await hash(SECRET, 5)}\n`);
    container = await docker(
      ...['run', '-d', '-p', `${REGISTRY}:5000`, '-v', `${folder}/htpasswd:/htpasswd:ro`],
      ...[
        '-e',
        'REGISTRY_AUTH=htpasswd',
        '-e',
        'REGISTRY_AUTH_HTPASSWD_REALM=e2e',
        '-e',
        'REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd',
      ],
      image,
    );
  });

  afterAll(async () => {
    await docker('rm', '-f', '-v', container);
  });

  test('refuses without a login, then takes an image, and gives it back after it was removed here', async () => {
    const options = { environment: environment() };
    const status = await json<{ state: string; protected: boolean }>(['registry', 'status'], options);
    expect(status).toMatchObject({ state: 'up', protected: true });
    const { reference } = await json<Built>(['images', 'build', 'tiny'], options);

    const refused = await bds(['images', 'push', reference], options);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('bdsandbox registry login');

    const wrong = await bds(['registry', 'login', '--user', 'qa', '--password-stdin'], { ...options, input: 'no\n' });
    expect(wrong.exitCode).toBe(1);
    await ok(['registry', 'login', '--user', 'qa', '--password-stdin'], { ...options, input: `${SECRET}\n` });
    const config = await readFile(path.join(folder, 'docker', 'config.json'), 'utf8');
    expect(config).toContain(Buffer.from(`qa:${SECRET}`).toString('base64'));

    await ok(['images', 'push', reference], options);
    await ok(['images', 'rm', reference], options);
    expect((await ok(['images', 'ls', '-q'], options)).split('\n')).not.toContain(reference);
    await ok(['images', 'pull', reference], options);
    expect((await ok(['images', 'ls', '-q'], options)).split('\n')).toContain(reference);

    // And create does it by itself.
    await ok(['images', 'rm', reference], options);
    const run = await bds(['create', 'tiny', 'e2e-pulled', '--nodes', '1', '--json'], options);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stderr).toContain('from the registry');
    await ok(['destroy', 'e2e-pulled', '--force'], options);
  });
});

describe('disk full', () => {
  let engine: { socket: string; stop: () => Promise<void> } | undefined;

  afterAll(async () => {
    await engine?.stop();
  });

  test('is told in one line, and nothing half-made stays', async (context) => {
    engine = await smallEngine(path.join(folder, 'small'), 64);
    if (!engine) return context.skip('no second engine can be started here');
    const environment = { ...TINY, BDSANDBOX_ENGINE: `unix://${engine.socket}`, BDSANDBOX_REGISTRY: '127.0.0.1:1' };
    const run = await bds(['images', 'build', 'tiny'], { environment });
    expect(run, run.stderr).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/disk is full/);
    expect(run.stderr).toMatch(/^ {2}next: /m);
    expect(await ok(['images', 'ls', '-q'], { environment })).toBe('');
  });
});
