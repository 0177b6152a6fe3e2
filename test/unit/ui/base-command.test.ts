import { resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NotFoundError } from '../../../src/errors/index.js';
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

it('gives a run up at the first signal when there is nothing to undo, and lets go of the signals', async () => {
  const before = process.listenerCount('SIGINT');
  const run = new Sample(['--wait'], config)['_run']();
  process.emit('SIGINT');
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  expect(process.listenerCount('SIGINT')).toBe(before);
});
