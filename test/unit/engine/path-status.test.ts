import { expect, test } from 'vitest';
import { parseStatus } from '../../../src/engine/docker/copy.js';
import { EngineFailedError } from '../../../src/errors/index.js';

const header = (status: object): string => Buffer.from(JSON.stringify(status)).toString('base64');

// Modes as an engine sent them for /etc/passwd, /etc, /dev/null, a socket, a named pipe and a setuid program.
test.each([
  [0o644, 'file'],
  [2 ** 31 + 0o755, 'folder'],
  [2 ** 31 + 2 ** 20 + 0o777, 'folder'],
  [2 ** 26 + 2 ** 21 + 0o666, 'other'],
  [2 ** 24 + 0o666, 'other'],
  [2 ** 25 + 0o644, 'other'],
  [2 ** 23 + 0o755, 'file'],
])('mode %i is a %s', (mode, kind) => {
  expect(parseStatus(header({ name: 'x', size: 12, mode, linkTarget: '' }), '/x')).toEqual({
    kind,
    sizeBytes: 12,
    target: '',
  });
});

test.each([
  ['/usr/bin', '/usr/bin'],
  ['usr/bin', '/a/usr/bin'],
])('a link to %s', (linkTarget, target) => {
  const status = header({ name: 'l', size: 7, mode: 2 ** 27 + 0o777, linkTarget });
  expect(parseStatus(status, '/a/l')).toEqual({ kind: 'link', sizeBytes: 7, target });
});

test.each([undefined, '', 'no base64 {', header({ mode: 'x' })])('%s is not understood', (status) => {
  expect(() => parseStatus(status, '/x')).toThrow(EngineFailedError);
});
