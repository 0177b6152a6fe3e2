// A real terminal without a window: a shell in tmux, which draws what programs print and tells what is on the screen.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

export interface Frame {
  /** From the start of the recording. */
  readonly atMs: number;
  /** Lines with their colours as escape sequences, from top to bottom; empty ones at the end are left out. */
  readonly lines: readonly string[];
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const PROMPT = '$ ';
const KEY_MS = 45;
const LOOK_MS = 150;

export class Terminal implements Disposable {
  readonly frames: Frame[] = [];
  readonly #server = `picture-${randomUUID()}`;
  /** Time that passed on the picture; what the pauses between keys really take does not count. */
  #nowMs = 0;

  constructor({ columns, rows, cwd, env }: TerminalOptions) {
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = ['bash', '--norc', '--noprofile', '-i'];
    execFileSync('tmux', ['-L', this.#server, '-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, ...shell], {
      env: { ...env, PS1: PROMPT, TERM: 'xterm-256color' },
    });
    this.#tmux('set', '-g', 'status', 'off');
    this.#tmux('set', '-g', 'default-terminal', 'tmux-256color');
  }

  /** Types a command line, and returns when the shell asks for the next one and that was read. @throws Error after the limit */
  async run(line: string, { limitMs, restMs }: { readonly limitMs: number; readonly restMs: number }): Promise<void> {
    await this.#prompt(5000);
    for (const keys of line.match(/.{1,2}/g) ?? []) {
      // In hexadecimal, or tmux would take a semicolon for the end of its own command.
      this.#tmux('send-keys', '-H', ...[...keys].map((key) => key.charCodeAt(0).toString(16)));
      await pause(15);
      this.#look(keys.length * KEY_MS);
    }
    this.#look(500);
    this.#tmux('send-keys', 'Enter');
    await pause(LOOK_MS);
    await this.#prompt(limitMs);
    this.#nowMs += restMs;
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  async #prompt(limitMs: number): Promise<void> {
    let before = performance.now();
    const endMs = before + limitMs;
    for (;;) {
      const now = performance.now();
      this.#look(now - before);
      before = now;
      if (this.frames.at(-1)?.lines.at(-1) === PROMPT.trimEnd()) return;
      if (now > endMs) throw new Error(`no end within ${limitMs} ms:\n${this.frames.at(-1)?.lines.join('\n')}`);
      await pause(LOOK_MS);
    }
  }

  #look(tookMs: number): void {
    this.#nowMs += tookMs;
    const lines = this.#tmux('capture-pane', '-e', '-p')
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
    if (lines.join('\n') === this.frames.at(-1)?.lines.join('\n')) return;
    this.frames.push({ atMs: Math.round(this.#nowMs), lines });
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8' });
  }
}
