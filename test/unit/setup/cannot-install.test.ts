import { afterEach, describe, expect, it, vi } from 'vitest';
import { EngineUnreachableError } from '../../../src/errors/index.js';
import { cannotInstall, hasProgram, type Machine, thisMachine, waitForEngine } from '../../../src/setup/engine.js';

const REASON = new EngineUnreachableError('no engine answers at unix:///var/run/docker.sock', 'start one');
const DEBIAN: Machine = { platform: 'linux', isRoot: true, hasApt: true, hasSystemd: true, hasEngine: false };

describe('cannotInstall', () => {
  it.each<[string, Partial<Machine>]>([
    ['Debian as root', {}],
    ['Debian as root in a container', { hasSystemd: false }],
    ['Debian as root, with an engine that does not run', { hasEngine: true }],
    ['another Linux as root, with an engine that does not run', { hasEngine: true, hasApt: false }],
    ['the same in a container', { hasEngine: true, hasApt: false, hasSystemd: false }],
  ])('can on %s', (_, machine) => {
    expect(cannotInstall({ ...DEBIAN, ...machine }, REASON)).toBeUndefined();
  });

  it.each<[string, Partial<Machine>, string]>([
    ['macOS', { platform: 'darwin', isRoot: false, hasApt: false }, 'Docker Desktop or colima'],
    ['macOS as root with an engine', { platform: 'darwin', hasEngine: true }, 'Docker Desktop or colima'],
    ['Windows', { platform: 'win32', isRoot: false, hasApt: false }, 'start Docker Engine 20.10'],
    ['FreeBSD as root', { platform: 'freebsd' }, 'start Docker Engine 20.10'],
    ['Debian as a user', { isRoot: false }, 'sudo apt-get install docker.io'],
    ['Debian as a user, with an engine', { isRoot: false, hasEngine: true }, 'sudo systemctl start docker'],
    ['another Linux as root', { hasApt: false }, 'with your package manager'],
    ['another Linux as a user', { hasApt: false, isRoot: false }, 'with your package manager'],
    [
      'another Linux as a user, with an engine',
      { hasApt: false, isRoot: false, hasEngine: true },
      'usermod -aG docker',
    ],
  ])('cannot on %s, and says what to do', (_, machine, hint) => {
    const error = cannotInstall({ ...DEBIAN, ...machine }, REASON);
    expect(error).toBeInstanceOf(EngineUnreachableError);
    expect(error).toMatchObject({ message: REASON.message, hint: expect.stringContaining(hint), cause: REASON });
  });
});

describe('waitForEngine', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks until it answers', async () => {
    vi.useFakeTimers();
    let asked = 0;
    const ask = async (): Promise<string> => {
      asked += 1;
      if (asked < 10) throw REASON;
      return 'there';
    };
    const waiting = waitForEngine(ask, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await waiting).toBe('there');
    expect(asked).toBe(10);
  });

  it('gives up after a minute', async () => {
    vi.useFakeTimers();
    const waiting = waitForEngine(() => Promise.reject(REASON), new AbortController().signal);
    const outcome = waiting.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await outcome).toMatchObject({
      code: 'TIMED_OUT',
      message: 'the engine did not answer within 60 s of its start',
      cause: REASON,
    });
  });

  it('ends at once at another failure', async () => {
    const other = new Error('permission denied');
    await expect(waitForEngine(() => Promise.reject(other), new AbortController().signal)).rejects.toBe(other);
  });

  it('ends when the user stops it', async () => {
    const interrupt = new AbortController();
    const ask = (): Promise<never> => {
      interrupt.abort(new Error('Ctrl-C'));
      return Promise.reject(REASON);
    };
    await expect(waitForEngine(ask, interrupt.signal)).rejects.toThrow('Ctrl-C');
  });
});

it('knows this machine', async () => {
  const machine = await thisMachine();
  expect(machine.platform).toBe(process.platform);
  expect(machine.isRoot).toBe(process.getuid?.() === 0);
});

it('knows which programs there are', async () => {
  expect(await hasProgram('sh')).toBe(true);
  expect(await hasProgram('no-such-program; true')).toBe(false);
});
