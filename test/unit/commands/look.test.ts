import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Engines } from '../../../src/engine/index.js';
import { type Scene, scene } from '../look/fixture.js';
import { asProcess, config } from './fixture.js';

let engines: Engines;
vi.mock('../../../src/wiring/index.js', () => ({ openEngines: async () => engines }));

const { default: Events } = await import('../../../src/commands/events.js');
const { default: Logs } = await import('../../../src/commands/logs.js');
const { default: Open } = await import('../../../src/commands/open.js');
const { default: Ports } = await import('../../../src/commands/ports.js');

const LOG = '/var/log/bdsandbox/echo.log';
const LINES = '2026-01-01 10:00:00,000 INFO a\n2026-01-01 10:00:01,000 WARN b\n\tat b\n';

let made: Scene;

const printed = asProcess();

beforeEach(async () => {
  made = await scene(2);
  engines = made.context.engines;
  await made.write('node1', LOG, LINES);
  vi.stubEnv('BDSANDBOX_OWNER', 'ann');
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('DISPLAY', '');
  vi.stubEnv('WAYLAND_DISPLAY', '');
  vi.stubEnv('WSL_DISTRO_NAME', '');
});

describe('logs', () => {
  const run = async (...argv: string[]): Promise<string> => {
    await new Logs(argv, config)['_run']();
    return printed.text;
  };

  test('prints lines with node and service before them', async () => {
    expect(await run()).toBe(
      'node1/echo 2026-01-01 10:00:00,000 INFO a\nnode1/echo 2026-01-01 10:00:01,000 WARN b\nnode1/echo \tat b\n',
    );
  });

  test('of one service of one node, and only what is wanted', async () => {
    expect(await run('demo/node1/echo', '--level', 'warn', '-n', '5', '--grep', 'at')).toBe(
      'node1/echo 2026-01-01 10:00:01,000 WARN b\nnode1/echo \tat b\n',
    );
  });

  test('as one object', async () => {
    expect(JSON.parse(await run('--json', '--tail', '1', '--service', 'echo'))).toEqual({
      ok: true,
      data: {
        name: 'demo',
        lines: [
          {
            at: '2026-01-01T10:00:01.000Z',
            node: 'node1',
            service: 'echo',
            level: 'WARN',
            text: '2026-01-01 10:00:01,000 WARN b\n\tat b',
          },
        ],
      },
    });
  });

  test.each([[['demo/node1/echo', '--service', 'echo']], [['--tail', 'x']], [['a/b/c/d']]])(
    '%j is refused',
    async (argv) => {
      await expect(run(...argv)).rejects.toMatchObject({ code: 'USAGE' });
      expect(printed.text).toBe('');
    },
  );

  test('followed as an object a line, until Ctrl-C', async () => {
    const running = run('-f', '--json', '--tail', '1');
    await expect.poll(() => printed.text).toContain('WARN');
    process.emit('SIGINT');
    await running;
    expect(process.exitCode).toBe(130);
    expect(printed.text.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(printed.text)).toMatchObject({ node: 'node1', level: 'WARN' });
  });
});

describe('events', () => {
  test('prints a line each, also with --quiet', async () => {
    await new Events(['-q'], config)['_run']();
    expect(printed.text).toMatch(/^\S+Z {2}demo +created, by ann\b.*\n$/);
  });

  test('says when there is nothing', async () => {
    await new Events(['--since', '2100-01-01'], config)['_run']();
    expect(printed.text).toBe('Nothing is recorded.\n');
  });

  test('followed until Ctrl-C', async () => {
    const running = new Events(['-f', '--json'], config)['_run']();
    await expect.poll(() => printed.text).toContain('created');
    process.emit('SIGINT');
    await running;
    expect(JSON.parse(printed.text)).toMatchObject({ what: 'created', by: 'ann', node: null });
    expect(process.exitCode).toBe(130);
  });
});

describe('ports', () => {
  test.each([
    [['-q'], /^127\.0\.0\.1:\d+\n$/],
    [
      [],
      /^NODE .* ON memory\nnode1 +echo +web +8080 +http:\S+\n\nThe engine is on memory, .*\n {2}bdsandbox run demo /,
    ],
    [['demo/node2'], /^No port of demo/],
    [['--json'], /^\{"ok":true,"data":\{"name":"demo","host":"memory","ports":\[\{"node":"node1","service":"echo"/],
  ])('with %j', async (argv, expected) => {
    await new Ports(argv, config)['_run']();
    expect(printed.text).toMatch(expected);
  });
});

describe('open', () => {
  test.each([
    [[], /^http:\/\/127\.0\.0\.1:\d+\/\n$/],
    [['echo'], /^http:\S+\n$/],
    [['demo', 'echo:web', '-q'], /^http:\S+\n$/],
    [['--json'], /"url":"http:\S+","opened":false\}\}\n$/],
    [['demo/node2'], /^No web page of demo/],
  ])('without a desktop prints the URL, with %j', async (argv, expected) => {
    await new Open(argv, config)['_run']();
    expect(printed.text).toMatch(expected);
  });
});
