import { type TerminalSize, terminal } from './terminal.js';
import { onlyOurStyles, visible } from './visible.js';
import { truncate } from './width.js';
import { writeScreen, writeStdout } from './write.js';

export interface LiveView<T> {
  /** What a terminal shows: no more lines, and no wider ones, than there is room for. */
  readonly frame: (data: T, size: TerminalSize) => Promise<readonly string[]>;
  /** What a log or a pipe gets each time. */
  readonly lines: (data: T) => readonly string[];
}

export interface LiveScreen<T> extends Disposable {
  show(data: T): Promise<void>;
  /** Aborted when the user has seen enough, by q or Esc. */
  readonly left: AbortSignal;
}

// ECMA-48 and xterm's private modes: the other screen, the cursor, and whether a frame is shown only when it is whole.
// What a terminal does not know, it ignores.
const ENTER = '\u001B[?1049h\u001B[?25l';
const LEAVE = '\u001B[?25h\u001B[?1049l';
const BEGIN = '\u001B[?2026h\u001B[H';
const END = '\u001B[J\u001B[?2026l';
/** Before the text: after one that fills the line, the last character would go. */
const CLEAR_LINE = '\u001B[2K';

const CTRL_C = '\u0003';
const ESCAPE = '\u001B';

/**
 * Shows the same thing again and again: in place on a terminal, which is as it was afterwards, else as lines.
 * @param signal ends it at once, whatever else is under way
 */
export function liveScreen<T>(view: LiveView<T>, signal: AbortSignal): LiveScreen<T> {
  const { stdout } = process;
  return stdout.isTTY && process.env['TERM'] !== 'dumb' ? drawn(view, signal) : printed(view);
}

function printed<T>({ lines }: LiveView<T>): LiveScreen<T> {
  return {
    left: new AbortController().signal,
    show: (data) =>
      writeStdout(
        lines(visible(data))
          .map((line) => `${line}\n`)
          .join(''),
      ),
    [Symbol.dispose]: () => undefined,
  };
}

function drawn<T>({ frame }: LiveView<T>, signal: AbortSignal): LiveScreen<T> {
  const screen = terminal();
  const left = new AbortController();
  let latest: { readonly data: T } | undefined;
  let over = false;

  const draw = async (): Promise<void> => {
    if (!latest) return;
    const size = screen.size();
    const lines = await frame(latest.data, size);
    if (over) return;
    const shown = lines.length > size.rows ? [...lines.slice(0, size.rows - 1), '… make the window higher'] : lines;
    const text = shown.map((line) => CLEAR_LINE + onlyOurStyles(truncate(line, size.columns))).join('\r\n');
    await writeScreen(BEGIN + text + END);
  };
  const onKey = (key: Buffer): void => {
    const text = key.toString();
    // In raw mode the terminal makes no signal of it.
    if (text.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
    else if (text === ESCAPE || /q/i.test(text)) left.abort();
  };
  const raw = screen.raw();
  const resize = screen.onResize(() => void draw());
  if (screen.stdin.isTTY) screen.stdin.on('data', onKey);
  // Nothing that is still under way may hold up the terminal, nor a process that ends in between.
  signal.addEventListener('abort', close, { once: true });
  process.on('exit', close);
  screen.stdout.write(ENTER);

  function close(): void {
    if (over) return;
    over = true;
    signal.removeEventListener('abort', close);
    process.off('exit', close);
    screen.stdin.off('data', onKey);
    resize[Symbol.dispose]();
    raw[Symbol.dispose]();
    screen.stdout.write(LEAVE);
  }

  return {
    left: left.signal,
    show: (data) => {
      latest = { data: visible(data) };
      return draw();
    },
    [Symbol.dispose]: close,
  };
}
