import { resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { InterruptedError, NotFoundError } from '../../../src/errors/index.js';
import { BaseCommand, Flags } from '../../../src/ui/index.js';

interface Data {
  readonly name: string;
}

class Sample extends BaseCommand<Data> {
  static override id = 'sample';
  static override flags = { fail: Flags.boolean(), wait: Flags.boolean(), code: Flags.integer({ default: 0 }) };

  async run(): Promise<Data> {
    const { flags } = await this.parse(Sample);
    if (flags.fail) throw new NotFoundError('no sandbox "x"', 'bdsandbox ls');
    if (flags.wait) await new Promise(() => undefined);
    this.report({ type: 'notice', level: 'warning', message: 'little memory' });
    this.exitCode = flags.code;
    return { name: 'demo' };
  }

  protected render(data: Data): string {
    return `made ${data.name}`;
  }

  protected override names(data: Data): readonly string[] {
    return [data.name];
  }
}

let out: string;
let config: Config;

beforeEach(async () => {
  out = '';
  config = await Config.load({ root: resolve(import.meta.dirname, '../../..'), ignoreManifest: false });
  // In a test, with oclif's words: a stream that calls back at once.
  const capture = (chunk: string | Uint8Array, done?: unknown): boolean => {
    out += String(chunk);
    if (typeof done === 'function') done();
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(capture);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  process.stdout.removeAllListeners('error');
  process.exitCode = 0;
});

it.each([
  [[], 'made demo\n'],
  [['--json'], '{"ok":true,"data":{"name":"demo"}}\n'],
  [['--quiet'], 'demo\n'],
])('prints with %j', async (argv, expected) => {
  await new Sample(argv, config)['_run']();
  expect(out).toBe(expected);
});

it('throws errors on for main() to print, and prints nothing itself', async () => {
  await expect(new Sample(['--fail', '--json'], config)['_run']()).rejects.toBeInstanceOf(NotFoundError);
  await expect(new Sample(['--fial'], config)['_run']()).rejects.toMatchObject({
    message: 'unknown flag --fial',
    hint: 'did you mean --fail? See bdsandbox help sample',
  });
  expect(out).toBe('');
});

it('takes over the exit code of a program inside', async () => {
  await new Sample(['--code', '7'], config)['_run']();
  expect(process.exitCode).toBe(7);
});

it('gives a run up at the first signal when there is nothing to undo', async () => {
  const run = new Sample(['--wait'], config)['_run']();
  process.emit('SIGINT');
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
});

it('lets no late signal change what came out; a second one ends a process that hangs', async () => {
  await new Sample([], config)['_run']();
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  process.emit('SIGINT');
  expect(exit).not.toHaveBeenCalled();
  expect(process.exitCode).toBe(0);
  const now = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(now + 2000);
  process.emit('SIGINT');
  expect(exit).toHaveBeenCalledWith();
});

class Following extends Sample {
  override async run(): Promise<Data> {
    await this.parse(Following);
    this.follows = true;
    await this.write('bit\n');
    if (this.argv.includes('--wait')) await new Promise(() => undefined);
    return { name: 'end' };
  }
}

it.each([[[]], [['--json']], [['--quiet']]])(
  'prints nothing at the end of a run that follows, with %j',
  async (argv) => {
    await new Following(argv, config)['_run']();
    expect(out).toBe('bit\n');
    expect(process.exitCode).toBe(0);
  },
);

it('takes Ctrl-C for the end of a run that follows, with 130 and not a word', async () => {
  const run = new Following(['--wait', '--json'], config)['_run']();
  await expect.poll(() => out).toBe('bit\n');
  process.emit('SIGINT');
  await run;
  expect(out).toBe('bit\n');
  expect(process.exitCode).toBe(130);
});

it('tells what else ends a run that follows, such as a reader that went away', async () => {
  const run = new Following(['--wait'], config)['_run']();
  await expect.poll(() => out).toBe('bit\n');
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  process.stdout.emit('error', closed);
  await expect(run).rejects.toMatchObject({ cause: closed });
});

class Undoing extends Sample {
  static override undoesOnInterrupt = true;

  override async run(): Promise<Data> {
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve));
    out += 'undone ';
    throw new InterruptedError('interrupted', 'run it again');
  }
}

it('undoes what it did after an error that came past everybody, and tells that one', async () => {
  // vitest's own would take it for a failure of the test.
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const run = new Undoing([], config)['_run']();
    await new Promise(setImmediate);
    process.emit('uncaughtException', new Error('a stream nobody listened to'));
    await expect(run).rejects.toMatchObject({ code: 'BUG', message: expect.stringContaining('nobody listened to') });
    expect(out).toBe('undone ');
    expect(process.listenerCount('uncaughtException')).toBe(0);
  } finally {
    for (const other of others) process.on('uncaughtException', other);
  }
});

it('leaves signals to a program that it runs, until that has ended', async () => {
  const passed: NodeJS.Signals[] = [];
  class Passing extends Sample {
    static override id = 'passing';

    override async run(): Promise<Data> {
      {
        using _passed = this.passSignalsTo((signal) => passed.push(signal));
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.emit(signal, signal);
        expect(this.signal.aborted).toBe(false);
      }
      expect(process.listenerCount('SIGQUIT')).toBe(0);
      process.emit('SIGTERM', 'SIGTERM');
      return new Promise(() => undefined);
    }
  }
  await expect(new Passing([], config)['_run']()).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(passed).toEqual(['SIGINT', 'SIGTERM', 'SIGQUIT']);
});
