import { beforeEach, expect, test, vi } from 'vitest';
import { enterKit } from '../../../src/client/index.js';
import Env from '../../../src/commands/env.js';
import Run from '../../../src/commands/run.js';
import { asProcess, config } from './fixture.js';

const kit = {
  sandbox: 'demo',
  folder: '/kits/demo',
  hosts: [],
  clientAddress: '10.253.0.1',
  folders: { HADOOP_CONF_DIR: 'hadoop' },
  files: [],
  problems: [],
};

const printed = asProcess();

beforeEach(async () => {
  vi.stubEnv('SHELL', '/bin/bash');
  for (const name of Object.keys(process.env).filter((each) => /^BDSANDBOX_|_CONF_DIR$/.test(each))) {
    vi.stubEnv(name, undefined);
  }
});

test.each([[[]], [['--quiet']]])('env --unset %j prints what takes the kit of this environment back', async (more) => {
  vi.stubEnv('HADOOP_CONF_DIR', "/etc/ann's hadoop");
  for (const [name, value] of enterKit(kit, process.env, { names: 'jvm', allJvms: false })) vi.stubEnv(name, value);
  await new Env(['--unset', ...more], config)['_run']();
  expect(printed.text.split('\n')).toEqual(
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
  expect(printed.text).toBe('');
  await new Env(['--unset', '--json'], config)['_run']();
  expect(JSON.parse(printed.text)).toMatchObject({
    ok: true,
    data: { sandbox: null, variables: {}, unset: [], shell: 'bash' },
  });
});

test.each([
  [['--unset', 'demo'], '--unset takes no sandbox'],
  [['--unset', '--write', 'x'], '--write'],
  [['--force'], '--write'],
  [['--shell', 'tcsh'], '--shell'],
])('env %j is refused', async (argv, message) => {
  const running = new Env(argv, config)['_run']();
  await expect(running).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) });
  expect(printed.text).toBe('');
});

test.each([[['demo']], [['demo', 'mvn', 'verify']], [['demo', '--']], [[]], [['--via', 'magic', '--', 'x']]])(
  'run %j is refused',
  async (argv) => {
    await expect(new Run(argv, config)['_run']()).rejects.toMatchObject({ code: 'USAGE' });
  },
);
