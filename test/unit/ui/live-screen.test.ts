import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { liveScreen } from '../../../src/ui/index.js';

const ENTER = '\u001B[?1049h';
const LEAVE = '\u001B[?1049l';

let out: string;
let modes: boolean[];
const keys = new EventEmitter();

beforeEach(() => {
  out = '';
  modes = [];
  vi.stubEnv('TERM', 'xterm');
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk, done?: unknown) => {
    out += String(chunk);
    if (typeof done === 'function') done();
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  keys.removeAllListeners();
});

/** A terminal of this size, whose keys are events of `keys`. */
function stubTerminal(columns: number, rows: number): void {
  const { stdout } = process;
  const fake = Object.assign(Object.create(stdout), { isTTY: true, columns, rows });
  const stdin = Object.assign(Object.create(keys), {
    isTTY: true,
    isRaw: false,
    setRawMode: (mode: boolean) => modes.push(mode),
    pause: () => undefined,
  });
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(fake);
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin);
}

const view = {
  frame: async (text: string, { columns }: { columns: number }) => [`${text} in ${columns}`, 'two', 'three', 'four'],
  lines: (text: string) => [`a ${text}`, `b ${text}`],
};

describe('liveScreen', () => {
  test('prints lines where there is no terminal', async () => {
    using screen = liveScreen(view, new AbortController().signal);
    await screen.show('x');
    await screen.show('y');
    expect(out).toBe('a x\nb x\na y\nb y\n');
  });

  test('prints lines on a terminal that can do nothing', async () => {
    stubTerminal(80, 24);
    vi.stubEnv('TERM', 'dumb');
    using screen = liveScreen(view, new AbortController().signal);
    await screen.show('x');
    expect(out).toBe('a x\nb x\n');
  });

  test('draws in place, within the window, and gives the terminal back', async () => {
    stubTerminal(8, 3);
    {
      using screen = liveScreen(view, new AbortController().signal);
      await screen.show('x');
      expect(out).toContain('\u001B[H\u001B[2Kx in 8\r\n\u001B[2Ktwo\r\n\u001B[2K… make …\u001B[J');
      expect(out).not.toContain('three');
      expect(modes).toEqual([true]);
    }
    expect(out.startsWith(ENTER)).toBe(true);
    expect(out.endsWith(LEAVE)).toBe(true);
    expect(out.split(LEAVE)).toHaveLength(2);
    expect(modes).toEqual([true, false]);
  });

  test('draws again when the window changes', async () => {
    stubTerminal(80, 24);
    using screen = liveScreen(view, new AbortController().signal);
    await screen.show('x');
    Object.assign(process.stdout, { columns: 40 });
    process.stdout.emit('resize');
    await expect.poll(() => out).toContain('x in 40');
  });

  test.each(['q', 'Q', '\u001B'])('is left by %j', (key) => {
    stubTerminal(80, 24);
    using screen = liveScreen(view, new AbortController().signal);
    keys.emit('data', Buffer.from('\u001B[A'));
    expect(screen.left.aborted).toBe(false);
    keys.emit('data', Buffer.from(key));
    expect(screen.left.aborted).toBe(true);
  });

  test('makes the signal of Ctrl-C that a raw terminal does not make', () => {
    stubTerminal(80, 24);
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    using _screen = liveScreen(view, new AbortController().signal);
    keys.emit('data', Buffer.from('\u0003'));
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGINT');
  });

  test('gives the terminal back at once when it is given up, and draws no more', async () => {
    stubTerminal(80, 24);
    const given = new AbortController();
    using screen = liveScreen(view, given.signal);
    const drawing = screen.show('x');
    given.abort();
    await drawing;
    expect(out.endsWith(LEAVE)).toBe(true);
    expect(modes).toEqual([true, false]);
  });
});
