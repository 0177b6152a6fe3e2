import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLine, Page, PlacedPort, SandboxEvent } from '../../../src/look/index.js';
import { eventLine, logPrinter, pageTable, portTable } from '../../../src/views/index.js';

const NODES = [
  { name: 'master1', services: ['namenode', 'hmaster'] },
  { name: 'w1', services: ['datanode'] },
];
const LINE: LogLine = { at: null, node: 'w1', service: 'datanode', level: 'INFO', text: 'one' };

const isTerminal = process.stdout.isTTY;

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.stdout.isTTY = isTerminal;
});

describe('logPrinter', () => {
  it('puts node and service before each line, as wide as the widest', async () => {
    const print = await logPrinter(NODES);
    expect(print(LINE)).toBe('w1/datanode      one\n');
    expect(print({ ...LINE, node: 'master1', service: 'namenode', text: 'two\n\tat x\n' })).toBe(
      'master1/namenode two\nmaster1/namenode \tat x\nmaster1/namenode \n',
    );
  });

  it.each([true, false])('shows what would move a terminal, and keeps tabs; a terminal: %s', async (isTTY) => {
    const text = '\u001b[31mred\u001b[0m \u001b]0;title\u0007\tbell\u0007\b\r\nnext';
    process.stdout.isTTY = isTTY;
    expect((await logPrinter(NODES))({ ...LINE, text })).toBe(
      'w1/datanode      \\x1b[31mred\\x1b[0m \\x1b]0;title\\x07\tbell\\x07\\x08\nw1/datanode      next\n',
    );
  });

  it('has no trouble with a sandbox without services', async () => {
    expect((await logPrinter([]))(LINE)).toBe('w1/datanode one\n');
  });
});

/** As on a terminal with 16 colours, or 256. */
async function coloredPrinter(level: 1 | 2): Promise<(line: LogLine) => string> {
  vi.resetModules();
  vi.doMock('../../../src/ui/stdout-colors.js', async () => {
    const { Chalk } = await import('chalk');
    return { stdoutColors: async () => new Chalk({ level }) };
  });
  const { logPrinter: colored } = await import('../../../src/views/index.js');
  vi.doUnmock('../../../src/ui/stdout-colors.js');
  return colored(NODES);
}

it('takes colours that are readable on white as on black where there are 256', async () => {
  const print = await coloredPrinter(2);
  expect(print({ ...LINE, level: 'WARN' })).toContain('\u001b[38;5;130mone');
  expect(print(LINE)).toContain('\u001b[38;5;64m');
});

it('colours services, each in its own way, and what is bad', async () => {
  const print = await coloredPrinter(1);
  const red = '\u001b[31m';
  const magenta = '\u001b[35m';
  const prefixOf = (line: Partial<LogLine>): string => print({ ...LINE, ...line }).slice(0, 5);
  expect(new Set(['namenode', 'hmaster', 'datanode'].map((service) => prefixOf({ service }))).size).toBe(3);
  expect(prefixOf({ service: 'namenode' })).toBe(prefixOf({ service: 'namenode', node: 'w1' }));
  expect(print({ ...LINE, level: 'WARN' })).toContain(`${magenta}one`);
  const [one = '', two = ''] = print({ ...LINE, level: 'ERROR', text: 'one\ntwo' }).split('\n');
  expect([one.includes(`${red}one`), two.includes(`${red}two`)]).toEqual([true, true]);
  expect(print({ ...LINE, level: 'FATAL' })).toContain(`${red}one`);
  expect(print(LINE)).toMatch(/ one\n$/);
});

const EVENT: SandboxEvent = {
  at: '2026-01-01T10:00:00Z',
  sandbox: null,
  node: 'w1',
  service: 'datanode',
  what: 'ended',
  by: null,
  details: { how: 'exit code 3', empty: '', none: null, list: [], pid: 7 },
};

it.each<[Partial<SandboxEvent>, string]>([
  [{}, '2026-01-01T10:00:00Z  w1/datanode                ended, how exit code 3, pid 7'],
  [
    { at: '2026-01-01T10:00:00.123Z', service: null, details: {} },
    '2026-01-01T10:00:00Z  w1                         ended',
  ],
  [
    { sandbox: 'demo', node: null, service: null, what: 'snapshot taken', by: 'ann', details: { snapshot: 'bug' } },
    '2026-01-01T10:00:00Z  demo                       snapshot taken, by ann, snapshot bug',
  ],
  [
    { service: null, what: 'created', details: { components: [{ name: 'hbase', version: '2.6.1' }, { pid: 7 }] } },
    '2026-01-01T10:00:00Z  w1                         created, components hbase 2.6.1 {"pid":7}',
  ],
  [{ what: 'a\nb\u001b[31m', details: {} }, '2026-01-01T10:00:00Z  w1/datanode                a\\nb\\x1b[31m'],
])('an event with %j', (more, line) => {
  expect(eventLine({ ...EVENT, ...more })).toBe(line);
});

const PORTS: PlacedPort[] = [
  { node: 'w1', service: 'store', name: 'rpc', container: 90, host: '127.0.0.1:4', url: null },
  { node: 'w1', service: 'store', name: 'web', container: 80, host: '127.0.0.1:5', url: 'http://127.0.0.1:5/' },
];

it('shows ports', async () => {
  expect(await portTable('demo', hostname(), PORTS)).toBe(
    [
      'NODE  SERVICE  PORT  NUMBER  ON THIS HOST',
      'w1    store    rpc   90      127.0.0.1:4',
      'w1    store    web   80      http://127.0.0.1:5/',
    ].join('\n'),
  );
  expect(await portTable('demo', hostname(), [])).toBe('No port of demo is published now.');
});

it('shows the ways to ports of another machine', async () => {
  expect(await portTable('demo', 'builder', PORTS)).toBe(
    [
      'NODE  SERVICE  PORT  NUMBER  ON builder',
      'w1    store    rpc   90      127.0.0.1:4',
      'w1    store    web   80      http://127.0.0.1:5/',
      '',
      'The engine is on builder, and these are addresses there. From here, by what goes through the engine:',
      '  bdsandbox run demo -- COMMAND    programs, with names and config of the nodes',
      '  bdsandbox proxy demo             browsers and curl',
      'Or one port by ssh: ssh -NL 8080:127.0.0.1:PORT builder, then http://127.0.0.1:8080/',
    ].join('\n'),
  );
  expect(await portTable('demo', 'docker-desktop', PORTS)).toContain('ON THIS HOST');
});

it('shows pages, and how one is opened', async () => {
  const pages: Page[] = [{ node: 'w1', service: 'store', name: 'web', url: 'http://127.0.0.1:5/' }];
  expect(await pageTable('demo', hostname(), pages)).toBe(
    [
      'NODE  SERVICE  PORT  URL',
      'w1    store    web   http://127.0.0.1:5/',
      '',
      'Open one: bdsandbox open demo store',
    ].join('\n'),
  );
  expect(await pageTable('demo', hostname(), [])).toBe('No web page of demo is published now.');
});
