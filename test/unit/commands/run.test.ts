import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunResult } from '../../../src/client/index.js';
import { privateHosts } from '../../../src/client/private-hosts.js';
import Env from '../../../src/commands/env.js';
import Run from '../../../src/commands/run.js';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { opening, seen } from '../client/fixture.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';
import { asProcess, config } from './fixture.js';

let engine: MemoryEngine;
let cache: string;

vi.mock(import('../../../src/wiring/index.js'), async (original) => ({
  ...(await original()),
  openEngines: async () => memoryEngines(engine),
}));
vi.mock(import('../../../src/client/connect.js'), async () => ({ connectTcp: (...words) => opening()(...words) }));
vi.mock(import('../../../src/client/private-hosts.js'), () => ({ privateHosts: vi.fn() }));

const printed = asProcess();

beforeEach(async () => {
  engine = tinyEngine().when([...BARE, 'cat'], ({ stdout }) => stdout(seen));
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(1) }));
  cache = mkdtempSync(path.join(tmpdir(), 'bdsandbox-commands-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('SHELL', '/bin/bash');
  vi.stubEnv('JAVA_TOOL_OPTIONS', undefined);
  vi.mocked(privateHosts).mockResolvedValue((command) => ['env', 'WRAPPED=yes', ...command]);
});

afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

describe('run', () => {
  test('gives the program its names and its environment, and has its exit code', async () => {
    const data = await run([
      'demo',
      '--json',
      '--',
      'sh',
      '-c',
      'echo "$WRAPPED $BDSANDBOX_SANDBOX $JAVA_TOOL_OPTIONS"; exit 42',
    ]);
    expect(data).toEqual({ exitCode: 42, stdout: 'yes demo \n', stderr: '' });
    expect(process.exitCode).toBe(42);
    expect(vi.mocked(privateHosts).mock.lastCall).toEqual([
      expect.stringMatching(/\/bdsandbox\/kits\/demo-[0-9a-f]{8}\/etc-hosts$/),
      { name: 'node1', address: '10.213.0.2' },
    ]);
  });

  test('leaves the words after -- alone, and takes the sandbox of the environment', async () => {
    vi.stubEnv('BDSANDBOX_SANDBOX', 'demo');
    const data = await run(['--json', '--', 'printf', '%s|', '--json', '--help', '--', '-q', '']);
    expect(data).toMatchObject({ exitCode: 0, stdout: '--json|--help|--|-q||' });
  });

  test.each([
    ['auto', undefined],
    ['jvm', (command: readonly string[]) => [...command]],
  ])('with --names %s tells JVMs where nothing else is possible or wanted', async (names, wrap) => {
    vi.mocked(privateHosts).mockResolvedValue(wrap);
    const data = await run([
      'demo',
      '--names',
      names,
      '--json',
      '--',
      'sh',
      '-c',
      'echo "$WRAPPED|$JAVA_TOOL_OPTIONS"',
    ]);
    expect(data).toMatchObject({ stdout: expect.stringMatching(/^\|-Djdk\.net\.hosts\.file=\/.*\/hosts\n$/) });
  });

  test('with --names hosts ends where that is not possible', async () => {
    vi.mocked(privateHosts).mockResolvedValue(undefined);
    await expect(run(['demo', '--names', 'hosts', '--json', '--', 'true'])).rejects.toMatchObject({
      code: 'FAILED',
      message: 'this machine lets no program have an /etc/hosts of its own',
    });
  });

  test('says what it has to say before the program does, and nothing beside it', async () => {
    vi.mocked(privateHosts).mockResolvedValue(undefined);
    let said = '';
    vi.mocked(process.stderr.write).mockImplementation((chunk: string | Uint8Array): boolean => {
      said += String(chunk);
      return true;
    });
    let before = '';
    vi.spyOn(Run.prototype as unknown as { passSignalsTo: () => Disposable }, 'passSignalsTo').mockImplementation(
      () => {
        before = said;
        return { [Symbol.dispose]: () => undefined };
      },
    );
    vi.stubEnv('CI', '1');
    await run(['demo', '--json', '--', 'true']);
    expect(before).toContain('only JVMs know the nodes');
    expect(said).toBe(before);
  });

  test.runIf(process.platform === 'linux')(
    'with --via tunnel leaves nothing behind, whatever comes of it',
    async () => {
      const script = 'echo "$BDSANDBOX_KIT"; cat "$BDSANDBOX_KIT/hosts"';
      const data = await run(['demo', '--via', 'tunnel', '--json', '--', 'sh', '-c', script]);
      const [kit = '', first = ''] = data.stdout.split('\n');
      expect(first).toMatch(/^127\.\d+\.\d+\.1 node1$/);
      const failing = run(['demo', '--via', 'tunnel', '--json', '--', 'bds-no-such-command']);
      await expect(failing).rejects.toMatchObject({ exitCode: 127 });
      expect(readdirSync(path.dirname(kit))).not.toContain(path.basename(kit));
      expect(readdirSync(cache)).toEqual([]);
    },
  );
});

describe('env', () => {
  test.each([[[]], [['-q']]])('prints what a shell takes over (%j)', async (more) => {
    await new Env(['demo', ...more], config)['_run']();
    const kit = path.join(cache, 'bdsandbox', 'kits', readdirSync(path.join(cache, 'bdsandbox', 'kits'))[0] ?? '');
    expect(printed.text.split('\n')).toEqual(
      expect.arrayContaining([
        "export BDSANDBOX_SANDBOX='demo';",
        `export BDSANDBOX_KIT='${kit}';`,
        `export HADOOP_CLIENT_OPTS='-Djdk.net.hosts.file=${kit}/hosts';`,
      ]),
    );
    expect(printed.text).not.toContain('JAVA_TOOL_OPTIONS');
  });

  test('gives the same as JSON', async () => {
    await new Env(['demo', '--json', '--all-jvms', '--shell', 'fish'], config)['_run']();
    expect(JSON.parse(printed.text)).toMatchObject({
      ok: true,
      data: {
        sandbox: 'demo',
        shell: 'fish',
        hosts: { node1: '10.213.0.2' },
        clientAddress: '10.213.0.1',
        unset: [],
        source: null,
        variables: { JAVA_TOOL_OPTIONS: expect.stringContaining('-Djdk.net.hosts.file=') },
      },
    });
  });

  test('--write says where, and prints nothing for a shell', async () => {
    const folder = path.join(cache, 'kit');
    await new Env(['demo', '--write', folder], config)['_run']();
    expect(printed.text).toBe(`The kit of demo is in ${folder}. In a shell: . ${folder}/env.sh\n`);
  });
});

async function run(argv: readonly string[]): Promise<RunResult> {
  await new Run([...argv], config)['_run']();
  return (JSON.parse(printed.text) as { data: RunResult }).data;
}
