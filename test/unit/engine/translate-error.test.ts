import { describe, expect, test } from 'vitest';
import { translateError } from '../../../src/engine/docker/translate-error.js';
import { NotFoundError } from '../../../src/errors/index.js';

const http = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), { statusCode, json: { message } });
const errno = (code: string, syscall = 'connect'): Error =>
  Object.assign(new Error(`${syscall} ${code} /var/run/docker.sock`), { code, syscall });

const ENGINE = { action: 'start container c' };
const REGISTRY = { action: 'pull reg:5000/x', registry: 'reg:5000' };

// Sentences as engines 20.10 to 28 write them.
const CASES: readonly [name: string, thrown: unknown, about: typeof ENGINE, code: string, words: RegExp][] = [
  ['no such container', http(404, 'No such container: abc'), ENGINE, 'NOT_FOUND', /No such container: abc/],
  [
    'name taken',
    http(409, 'Conflict. The container name "/c" is already in use'),
    ENGINE,
    'CONFLICT',
    /"\/c" is already/,
  ],
  ['not running', http(409, 'Container abc is not running'), ENGINE, 'CONFLICT', /not running/],
  ['not paused', http(500, 'Container abc is not paused'), ENGINE, 'CONFLICT', /not paused/],
  [
    'active endpoints',
    http(403, 'error while removing network: network n has active endpoints'),
    ENGINE,
    'CONFLICT',
    /active/,
  ],
  ['pool overlap', http(403, 'Pool overlaps with other one on this address space'), ENGINE, 'CONFLICT', /overlaps/],
  [
    'port of a container',
    http(
      500,
      'driver failed programming external connectivity: Bind for 127.0.0.1:8080 failed: port is already allocated',
    ),
    ENGINE,
    'PORT_TAKEN',
    /port 127\.0\.0\.1:8080 is in use/,
  ],
  [
    'port of the host',
    http(500, 'driver failed: Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use'),
    ENGINE,
    'PORT_TAKEN',
    /port 127\.0\.0\.1:8080 is in use/,
  ],
  [
    'port, newer words',
    http(500, 'driver failed: failed to bind host port for 127.0.0.1:8080:172.17.0.2:80/tcp: address already in use'),
    ENGINE,
    'PORT_TAKEN',
    /port 127\.0\.0\.1:8080 is in use/,
  ],
  ['address of a container', http(403, 'Address already in use'), ENGINE, 'CONFLICT', /Address already/],
  [
    'full disk in an answer',
    http(500, 'mkdir /var/lib/docker/x: no space left on device'),
    ENGINE,
    'DISK_FULL',
    /full/,
  ],
  ['full disk in a stream', new Error('write /layer.tar: no space left on device'), REGISTRY, 'DISK_FULL', /full/],
  ['nothing listens', errno('ECONNREFUSED'), ENGINE, 'ENGINE_UNREACHABLE', /nothing listens/],
  ['no socket', errno('ENOENT'), ENGINE, 'ENGINE_UNREACHABLE', /socket is not there/],
  ['forbidden socket', errno('EACCES'), ENGINE, 'ENGINE_UNREACHABLE', /permission denied/],
  [
    'hang-up',
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
    ENGINE,
    'ENGINE_UNREACHABLE',
    /hang up/,
  ],
  ['a missing file is no missing engine', errno('ENOENT', 'open'), ENGINE, 'ENGINE_FAILED', /ENOENT/],
  [
    'registry down',
    http(500, 'Get "https://reg:5000/v2/": dial tcp 10.0.0.1:5000: connect: connection refused'),
    REGISTRY,
    'REGISTRY_UNREACHABLE',
    /registry reg:5000 cannot be reached: connect: connection refused/,
  ],
  [
    'registry unknown',
    new Error('Get "https://reg/v2/": dial tcp: lookup reg: no such host'),
    REGISTRY,
    'REGISTRY_UNREACHABLE',
    /no such host/,
  ],
  ['unauthorized', new Error('unauthorized: authentication required'), REGISTRY, 'REGISTRY_FAILED', /refused/],
  ['denied', new Error('denied: requested access to the resource is denied'), REGISTRY, 'REGISTRY_FAILED', /refused/],
  [
    'access denied or absent',
    http(404, "pull access denied for x, repository does not exist or may require 'docker login'"),
    REGISTRY,
    'REGISTRY_FAILED',
    /refused/,
  ],
  [
    'no such tag',
    http(404, 'manifest for reg:5000/x:1 not found: manifest unknown: manifest unknown'),
    REGISTRY,
    'NOT_FOUND',
    /manifest/,
  ],
  ['registry failed', new Error('received unexpected HTTP status: 500'), REGISTRY, 'REGISTRY_FAILED', /500/],
  ['no local image', new Error('An image does not exist locally with the tag: x'), REGISTRY, 'NOT_FOUND', /locally/],
  ['anything else', http(500, 'cgroups: cannot find mount'), ENGINE, 'ENGINE_FAILED', /cgroups/],
];

describe('translateError', () => {
  test.each(CASES)('%s', (_name, thrown, about, code, words) => {
    const error = translateError(thrown, about, 'unix:///var/run/docker.sock');
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain(`cannot ${about.action}`);
    expect(error.message).not.toContain('HTTP code');
    expect(error.hint).not.toBe('');
    expect(error.cause).toBe(thrown);
  });

  test('hints: the docker group, and the login to that registry', () => {
    expect(translateError(errno('EACCES'), ENGINE, 'e').hint).toContain('usermod -aG docker');
    expect(translateError(new Error('unauthorized'), REGISTRY, 'e').hint).toContain('bdsandbox registry login');
  });

  test('our own errors pass unchanged', () => {
    const own = new NotFoundError('x', 'y');
    expect(translateError(own, ENGINE, 'e')).toBe(own);
  });
});
