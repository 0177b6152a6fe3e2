export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** This process's own streams, for programs that run inside a sandbox. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Whether a person sits at both ends, so that the program inside should get a terminal too. */
  readonly interactive: boolean;
  /** Whether one of the streams is a terminal, so that its Ctrl-C goes to every program in front of it. */
  readonly present: boolean;
  size(): TerminalSize;
  onResize(listener: (size: TerminalSize) => void): Disposable;
  /** Keys go through unread, Ctrl-C too; disposing gives the terminal back as it was. */
  raw(): Disposable;
}

export function terminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  const size = (): TerminalSize => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 });
  return {
    stdin,
    stdout,
    stderr,
    interactive: stdin.isTTY && stdout.isTTY,
    present: stdin.isTTY || stdout.isTTY || stderr.isTTY,
    size,
    onResize: (listener) => {
      const resized = () => listener(size());
      stdout.on('resize', resized);
      return { [Symbol.dispose]: () => void stdout.off('resize', resized) };
    },
    raw: () => {
      const wasRaw = stdin.isRaw;
      if (stdin.isTTY) stdin.setRawMode(true);
      return {
        [Symbol.dispose]: () => {
          if (stdin.isTTY) stdin.setRawMode(wasRaw);
          // A stdin that's being read keeps the process alive.
          stdin.pause();
        },
      };
    },
  };
}
