import { resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { enterKit } from '../../../src/client/index.js';
import Env from '../../../src/commands/env.js';
import Run from '../../../src/commands/run.js';

const kit = {
  sandbox: 'demo',
  folder: '/kits/demo',
  hosts: [],
  clientAddress: '10.253.0.1',
  folders: { HADOOP_CONF_DIR: 'hadoop' },
  files: [],
  problems: [],
};
let out: string;
let config: Config;

beforeEach(async () => {
  out = '';
  config = await Config.load({ root: resolve(import.meta.dirname, '../../..'), ignoreManifest: false });
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk: string | Uint8Array, done?: unknown): boolean => {
    out += String(chunk);
    if (typeof done === 'function') done();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  vi.stubEnv('SHELL', '/bin/bash');
  for (const name of Object.keys(process.env).filter((each) => /^BDSANDBOX_|_CONF_DIR$/.test(each))) {
    vi.stubEnv(name, undefined);
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  process.stdout.removeAllListeners('error');
  process.exitCode = 0;
});

test.each([[[]], [['--quiet']]])('env --unset %j prints what takes the kit of this environment back', async (more) => {
  vi.stubEnv('HADOOP_CONF_DIR', "/etc/ann's hadoop");
  for (const [name, value] of enterKit(kit, process.env, { names: 'jvm', allJvms: false })) vi.stubEnv(name, value);
  await new Env(['--unset', ...more], config)['_run']();
  expect(out.split('\n')).toEqual(
    expect.arrayContaining([
      "export HADOOP_CONF_DIR='/etc/ann'\\''s hadoop';",
      'unset BDSANDBOX_KIT;',
      'unset BDSANDBOX_SANDBOX;',
      'unset HADOOP_CLIENT_OPTS;',
    ]),
  );
});

test('env --unset without a kit prints nothing for a shell to do', async () => {
  vi.stubEnv('HADOOP_CONF_DIR', '/etc/hadoop');
  await new Env(['--unset'], config)['_run']();
  expect(out).toBe('');
  await new Env(['--unset', '--json'], config)['_run']();
  expect(JSON.parse(out)).toMatchObject({ ok: true, data: { sandbox: null, variables: {}, unset: [], shell: 'bash' } });
});

test.each([
  [['--unset', 'demo'], '--unset takes no sandbox'],
  [['--unset', '--write', 'x'], '--write'],
  [['--force'], '--write'],
  [['--shell', 'tcsh'], '--shell'],
])('env %j is refused', async (argv, message) => {
  const running = new Env(argv, config)['_run']();
  await expect(running).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) });
  expect(out).toBe('');
});

test.each([[['demo']], [['demo', 'mvn', 'verify']], [['demo', '--']], [[]], [['--via', 'magic', '--', 'x']]])(
  'run %j is refused',
  async (argv) => {
    await expect(new Run(argv, config)['_run']()).rejects.toMatchObject({ code: 'USAGE' });
  },
);
