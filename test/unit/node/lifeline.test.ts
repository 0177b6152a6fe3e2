import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { MemoryEngine, type ProgramRun } from '../../../src/engine/memory/index.js';
import { NotFoundError } from '../../../src/errors/index.js';
import { execOnLine, type LineOptions } from '../../../src/node/index.js';
import { ENTER } from '../line.js';

const SCRIPT = fileURLToPath(
  new URL('../../../templates/images/node/rootfs/usr/lib/bdsandbox/lifeline', import.meta.url),
);
const children: ChildProcess[] = [];

afterEach(() => {
  for (const { pid } of children.splice(0)) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  }
});

/** The script itself, on this machine: as the engine does it, in a session of its own, and a client that goes ends its input. */
async function runScript({ command, stdin, stdout, stderr }: ProgramRun): Promise<number> {
  const child = spawn('perl', [SCRIPT, ...command.slice(2)], { detached: true });
  children.push(child);
  child.stdin.on('error', () => undefined);
  stdin.pipe(child.stdin);
  child.stdout.on('data', (chunk: Buffer) => void stdout(chunk));
  child.stderr.on('data', (chunk: Buffer) => void stderr(chunk));
  const [code] = (await once(child, 'close')) as [number];
  return code;
}

type Exec = (command: readonly string[], options?: LineOptions) => ReturnType<typeof execOnLine>;

async function node({ isOld = false } = {}): Promise<Exec> {
  const engine = new MemoryEngine().addImage('node').when(ENTER, isOld ? () => 127 : runScript);
  const spec = { name: 'node', image: 'node', hostname: 'node', labels: {}, environment: {} };
  const container = await engine.containers.create(spec);
  await engine.containers.start(container);
  if (!isOld) await engine.containers.writeFiles(container, [{ path: '/usr/lib/bdsandbox/lifeline', content: '' }]);
  return (command, options = {}) => execOnLine({ engine, container, enter: [ENTER] }, command, options);
}

/** Command lines of this machine with that word in them. */
async function withWord(word: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.replaceAll('\0', ' ').trim()).filter((line) => line.includes(word));
}

let asked = 0;

/** A duration that nobody else sleeps for. */
function seconds(): string {
  asked += 1;
  return `${asked}${process.pid}`;
}

test('exit codes, signals and outputs are those of the command', async () => {
  const exec = await node();
  expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 42'])).toEqual({
    exitCode: 42,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await exec(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ exitCode: 137 });
  const none = await exec(['no-such-command']);
  expect(none).toMatchObject({ exitCode: 127, stderr: expect.stringContaining('no-such-command') });
});

test('its command line is nobody else’s: pkill -f does not find the words of its own command', async () => {
  const exec = await node();
  const word = seconds();
  const other = spawn('sleep', [word]);
  const ended = once(other, 'exit');
  expect(await exec(['pkill', '-f', `sleep ${word}`])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test('input arrives byte by byte as it was, and its end without an end of the line', async () => {
  const exec = await node();
  const input = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
  const stdout = new PassThrough();
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = await exec(['sh', '-c', 'cat; echo behind >&2; exit 3'], {
    stdin: Readable.from([input.subarray(0, 1), input.subarray(1, 200_000), input.subarray(200_000)]),
    stdout,
  });
  expect(ended).toMatchObject({ exitCode: 3, stderr: 'behind\n' });
  expect(Buffer.concat(chunks).equals(input)).toBe(true);
});

test('a command need not read its input', async () => {
  const exec = await node();
  const stdin = Readable.from([Buffer.alloc(500_000)]);
  expect(await exec(['sh', '-c', 'exec 0<&-; sleep 0.2; echo done'], { stdin })).toMatchObject({ stdout: 'done\n' });
});

test('a terminal has the size it was given, follows it, and takes keys', async () => {
  const exec = await node();
  let resize: (columns: number, rows: number) => void = () => undefined;
  const onResize = (apply: typeof resize): void => {
    resize = apply;
  };
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const script = 'stty size; trap "stty size; exit 7" INT; read line; echo "heard $line"; while :; do sleep 0.1; done';
  const running = exec(['bash', '-c', script], { stdin, stdout, tty: { columns: 90, rows: 30, onResize } });
  let seen = '';
  stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
  });
  await expect.poll(() => seen).toContain('30 90');
  stdin.write('word\n');
  await expect.poll(() => seen).toContain('heard word');
  resize(100, 40);
  stdin.write('\u0003');
  expect(await running).toMatchObject({ exitCode: 7, stderr: '' });
  expect(seen).toContain('40 100');
}, 20_000);

const LEFT: readonly (readonly [string, (word: string) => readonly string[]])[] = [
  ['one process', (word) => ['sleep', word]],
  ['what ignores signals', (word) => ['sh', '-c', `trap '' TERM HUP; sleep ${word}; sleep ${word}`]],
  ['a pipe, and a child in a session of its own', (word) => ['sh', '-c', `setsid sleep ${word} & sleep ${word} | cat`]],
];
const HOW: readonly (readonly [string, () => LineOptions])[] = [
  ['without input', () => ({})],
  ['with input', () => ({ stdin: new PassThrough() })],
  ['with more input than it reads', () => ({ stdin: Readable.from(endless(), { objectMode: false }) })],
  ['on a terminal', () => ({ stdin: new PassThrough(), tty: { columns: 80, rows: 24 } })],
];

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}

test.each(LEFT.flatMap(([what, command]) => HOW.map(([how, options]) => [what, how, command, options] as const)))(
  'nothing is left when the client goes: %s, %s',
  async (_what, _how, command, options) => {
    const exec = await node();
    const word = seconds();
    const gone = new AbortController();
    const running = exec(command(word), { ...options(), signal: gone.signal }).catch(() => undefined);
    await expect.poll(() => withWord(`sleep ${word}`), { timeout: 10_000 }).not.toEqual([]);
    await sleep(100);
    gone.abort();
    await running;
    await expect.poll(() => withWord(word), { timeout: 8000 }).toEqual([]);
  },
  25_000,
);

test('what a command left in the background stays when it ended by itself', async () => {
  const exec = await node();
  const word = seconds();
  await exec(['sh', '-c', `sleep ${word} >/dev/null 2>&1 &`]);
  await sleep(300);
  expect(await withWord(`sleep ${word}`)).not.toEqual([]);
});

test('a terminal that closes leaves alone what was put in its background with nohup', async () => {
  const exec = await node();
  const word = seconds();
  const gone = new AbortController();
  const stdin = new PassThrough();
  const running = exec(['bash', '-i'], { stdin, tty: { columns: 80, rows: 24 }, signal: gone.signal }).catch(
    () => undefined,
  );
  stdin.write(`nohup sleep ${word} >/dev/null &\nsleep ${word}1 & sleep ${word}2\n`);
  await expect.poll(() => withWord(`sleep ${word}`), { timeout: 10_000 }).toHaveLength(3);
  gone.abort();
  await running;
  await expect.poll(() => withWord(`sleep ${word}`), { timeout: 8000 }).toEqual([`sleep ${word}`]);
}, 25_000);

test('a node whose image is older says so', async () => {
  const exec = await node({ isOld: true });
  await expect(exec(['true'])).rejects.toThrow(NotFoundError);
});
