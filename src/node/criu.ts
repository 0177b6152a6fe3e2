import { FailedError } from '../errors/index.js';

/** CRIU could not dump or put back the processes of a node. Without their memory it may still work. */
export class CriuError extends FailedError {
  readonly node: string;
  /** CRIU's own; empty where it has none. */
  readonly log: string;

  constructor(node: string, reason: string, log: string) {
    super(`${node}: ${explainCriu(reason, log)}`, 'take or start it without memory: --mode cold', {
      cause: new Error(reason),
    });
    this.node = node;
    this.log = log;
  }
}

interface Known {
  readonly said: RegExp;
  /** What it is about the process; the groups are those of `said`. */
  readonly means: (...groups: string[]) => string;
  readonly advice?: string;
}

/** What CRIU 4 says of what it cannot keep, or put back; each was met with a small program of its kind. */
const KNOWN: readonly Known[] = [
  {
    said: /Can't dump ghost file (.+?) of (\d+) size/,
    means: (file, size) =>
      `has ${file} open, which was deleted, and the engine's disk has no room for its ${size} bytes`,
  },
  {
    said: /Can't create link remap for (.+?)\. Use/,
    means: (file) => `has ${file} open, which lost that name at this very moment`,
    advice: 'try again',
  },
  { said: /fsnotify:\s+Can't dump that handle/, means: () => 'watches a file by inotify whose name is gone' },
  { said: /io_uring|send_fds failed/, means: () => 'has an io_uring open' },
  { said: /secretmem/, means: () => 'has secret memory (memfd_secret)' },
  {
    said: /Unsupported proto 262/,
    means: () => 'has a socket of Multipath TCP',
    advice: 'Go programs do without by GODEBUG=multipathtcp=0',
  },
  { said: /Unsupported proto (\d+)/, means: (protocol) => `has a socket of IP protocol ${protocol}` },
  {
    said: /Unknown socket collected \(family (\d+)\)/,
    means: (family) => `has a socket of address family ${FAMILIES[family] ?? family}`,
  },
  {
    said: /External socket is used/,
    means: () => 'is connected by a Unix socket to a program that is none of the services, such as one of exec',
    advice: 'end that connection',
  },
  {
    said: /Can't dump nested (\w+) namespace for (\d+)/,
    means: (kind) => `has a ${kind} namespace of its own, as programs in unshare or a container do`,
  },
  { said: /SysVIPC shmem map/, means: () => 'uses System V shared memory' },
  {
    said: /pidfd pid (\d+) is not a part/,
    means: (pid) => `holds a descriptor of process ${pid}, which is none of the services`,
  },
  {
    said: /Unseizable non-zombie (\d+) found, state [DZ]/,
    means: () => 'is held by the kernel (state D) and did not stop',
    advice: 'try again',
  },
  {
    said: /Unseizable non-zombie (\d+) found/,
    means: () => 'is traced by a debugger, such as strace or gdb',
    advice: 'end the debugger',
  },
  {
    said: /Can't dump file \d+ of that type \[\d+\] \(\w+ (?:anon_inode:)?([^)]+)\)/,
    means: (what) => `has ${what.replaceAll(/[[\]]/g, '')} open`,
  },
  {
    said: /Can't lookup mount=\d+ for fd=\d+ path=(\S+)/,
    means: (file) =>
      `has ${file} open, on a file system that belongs to no mount of the node (a message queue, huge pages)`,
  },
  {
    said: /Can't open file (\S+) on restore: No such file/,
    means: (file) => `had /${file} open, which is not among the files of the snapshot (a mount of its own?)`,
  },
  {
    said: /File (\S+) has bad size (\d+) \(expect (\d+)\)/,
    means: (file, size, expected) => `had /${file} open with ${expected} bytes, and the snapshot has ${size} of them`,
  },
  { said: /Cannot allocate memory/, means: () => 'needs more memory than the engine’s machine has free' },
];

const FAMILIES: Readonly<Record<string, string>> = {
  '17': 'AF_PACKET',
  '38': 'AF_ALG',
  '40': 'AF_VSOCK',
  '44': 'AF_XDP',
};

/** In words of what the program does, with what to do about it; CRIU's own words where there are none. */
export function explainCriu(reason: string, log: string): string {
  // Of older images there is no log, and the reason has its first errors.
  const text = log === '' ? reason : log;
  for (const { said, means, advice } of KNOWN) {
    const match = said.exec(text);
    if (!match) continue;
    const process = processOf(match, text);
    const what = `${process} ${means(...match.slice(1))}, and CRIU cannot ${isRestore(text) ? 'put that back' : 'keep that'}`;
    return advice === undefined ? what : `${what}; ${advice}`;
  }
  return reason.trim();
}

function isRestore(text: string): boolean {
  return /Restor|on restore|has bad size/.test(text);
}

/** "process 17 (sleep 777)": CRIU names it in the same line, or else in the next that says that a dump failed. */
function processOf(match: RegExpExecArray, text: string): string {
  const rest = text.slice(match.index);
  const [line = ''] = rest.split('\n', 1);
  const named = /namespace for (\d+)|non-zombie (\d+)|Task (\d+)/.exec(line) ?? /\(pid: (\d+)\)/.exec(rest);
  const before = /(\d+): Error[^\n]*$/.exec(text.slice(0, match.index));
  const pid = named?.slice(1).find((each) => each !== undefined) ?? before?.[1];
  if (pid === undefined) return 'a process';
  const program = new RegExp(`^ *${pid} +\\d+ +\\S+ +(.{1,60})`, 'm').exec(text)?.[1]?.trimEnd();
  return program === undefined ? `process ${pid}` : `process ${pid} (${program})`;
}
