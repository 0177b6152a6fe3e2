import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { creatorState, thisCreator } from '../../../src/sandbox/creator.js';

const [, pid = '', start = ''] = /:(\d+):(\d+)$/.exec(thisCreator()) ?? [];

describe.runIf(process.platform === 'linux')('creatorState', () => {
  test('this process is alive', () => {
    expect(thisCreator()).toBe(`${hostname()}:${process.pid}:${start}`);
    expect(Number(start)).toBeGreaterThan(0);
    expect(creatorState(thisCreator())).toBe('alive');
  });

  test.each([
    // Beyond the kernel's limit of 4194304 (PID_MAX_LIMIT).
    ['a process that cannot be', `${hostname()}:4194305:1`, 'dead'],
    ['one whose number was given again', `${hostname()}:${pid}:${Number(start) + 1}`, 'dead'],
    ['one from before the machine’s last start', `${hostname()}:${pid}:0`, 'dead'],
    ['this number on another machine', `not-${hostname()}:${pid}:${start}`, 'unknown'],
    ['a machine whose name begins with ours', `${hostname()}.example.com:${pid}:${start}`, 'unknown'],
    ['nobody', '', 'unknown'],
    ['a text of another form', `${hostname()}:${pid}`, 'unknown'],
  ])('%s', (_, creator, expected) => {
    expect(creatorState(creator)).toBe(expected);
  });
});
