import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/engine/docker/endpoint.js';
import { findEndpoint, STRATEGIES } from '../../../src/engine/docker/find-endpoint.js';

describe('findEndpoint', () => {
  let home: string;
  let server: Server | undefined;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'endpoint-'));
  });
  afterEach(async () => {
    server?.close();
    server = undefined;
    await rm(home, { recursive: true });
  });

  const listen = (path: string): Promise<void> =>
    new Promise((resolve) => {
      server = createServer().listen(path, resolve);
    });
  const writeContext = async (name: string, host: string): Promise<void> => {
    const folder = join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
    await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));
  };

  test('the configuration wins, and is not tried out first', async () => {
    const environment = { HOME: home, DOCKER_HOST: 'unix:///other' };
    expect(await findEndpoint({ configured: '/run/mine.sock', environment })).toEqual({
      kind: 'unix',
      name: 'unix:///run/mine.sock',
      path: '/run/mine.sock',
    });
  });

  test('DOCKER_HOST comes before the context', async () => {
    await writeContext('lab', 'tcp://lab:2375');
    const endpoint = await findEndpoint({ environment: { HOME: home, DOCKER_HOST: 'tcp://10.0.0.1:2375' } });
    expect(endpoint).toMatchObject({ kind: 'tcp', host: '10.0.0.1', port: 2375 });
  });

  test('the context in use', async () => {
    await writeContext('lab', 'tcp://lab:2375');
    expect(await findEndpoint({ environment: { HOME: home } })).toMatchObject({ host: 'lab', port: 2375 });
  });

  test('a context that does not exist is said, not skipped', async () => {
    const environment = { HOME: home, DOCKER_CONTEXT: 'gone' };
    await expect(findEndpoint({ environment })).rejects.toMatchObject({ code: 'USAGE', message: /gone/ });
  });

  test('a context behind ssh is refused with a way out', async () => {
    await writeContext('far', 'ssh://me@far');
    await expect(findEndpoint({ environment: { HOME: home } })).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('ssh -nNT -L'),
    });
  });

  test('a socket that accepts connections, with the real strategies but the one of the system', async () => {
    const path = join(home, 'docker.sock');
    await listen(path);
    const strategies = STRATEGIES.filter(({ name }) => name !== 'system socket');
    expect(await findEndpoint({ environment: { HOME: home, XDG_RUNTIME_DIR: home } }, strategies)).toMatchObject({
      path,
    });
  });

  test('when all fail it says what was tried and why', async () => {
    await writeFile(join(home, 'docker.sock'), 'not a socket');
    const strategies = STRATEGIES.filter(({ name }) => name !== 'system socket');
    const failed = findEndpoint({ environment: { HOME: home, XDG_RUNTIME_DIR: home } }, strategies);
    await expect(failed).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      details: [
        'configuration: no endpoint is configured',
        'DOCKER_HOST: not set',
        'docker context: no context is in use',
        `rootless socket: ${home}/docker.sock: nothing listens`,
        `Docker Desktop socket: ${home}/.docker/run/docker.sock: not there`,
      ],
    });
  });
});

describe('parseEndpoint', () => {
  test.each([
    ['unix:///run/x.sock', {}, { kind: 'unix', path: '/run/x.sock' }],
    ['unix://', {}, { kind: 'unix', path: '/var/run/docker.sock' }],
    ['tcp://h:1234', {}, { kind: 'tcp', host: 'h', port: 1234, tls: undefined }],
    ['h:1234', {}, { kind: 'tcp', host: 'h', port: 1234, tls: undefined }],
    ['tcp://h', {}, { kind: 'tcp', host: 'h', port: 2375, tls: undefined }],
    ['tcp://h:2376', {}, { kind: 'tcp', host: 'h', port: 2376, tls: {} }],
    ['tcp://h', { DOCKER_TLS_VERIFY: '1' }, { kind: 'tcp', host: 'h', port: 2376, tls: {} }],
    ['tcp://[::1]:80', {}, { kind: 'tcp', host: '::1', port: 80, tls: undefined }],
  ])('%s %o', (text, environment, expected) => {
    expect(parseEndpoint(text, environment)).toMatchObject(expected);
  });

  test.each(['npipe:////./pipe/docker', 'tcp://', 'ftp://x'])('%s is refused', (text) => {
    expect(() => parseEndpoint(text, {})).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  test('TLS files of DOCKER_CERT_PATH', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
    try {
      for (const file of ['ca', 'cert', 'key']) await writeFile(join(folder, `${file}.pem`), file);
      const endpoint = parseEndpoint('tcp://h:2376', { DOCKER_CERT_PATH: folder });
      expect(endpoint.kind === 'tcp' && endpoint.tls?.key?.toString()).toBe('key');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
