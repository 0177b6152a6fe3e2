import { describe, expect, it } from 'vitest';
import { ago, bytes, duration, until } from '../../../src/ui/format.js';
import { nodeLines, servicesLine } from '../../../src/ui/progress/node-lines.js';
import { chooseMode } from '../../../src/ui/progress/progress.js';
import { prose } from '../../../src/ui/prose.js';
import { renderRootHelp } from '../../../src/ui/root-help.js';
import { table } from '../../../src/ui/table.js';
import { displayWidth, truncate } from '../../../src/ui/width.js';
import { manifestOfSources } from '../commands.js';

const NOW = new Date('2026-01-02T12:00:00Z');

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_234_567_890, '1.2 GB'],
  [999_960_000, '1.0 GB'],
  [250_000_000, '250 MB'],
])('%d bytes is %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

it.each([
  [850, '850 ms'],
  [12_340, '12.3 s'],
  [59_999, '1m'],
  [245_000, '4m 5s'],
  [11_520_000, '3h 12m'],
  [187_200_000, '2d 4h'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('tells times relative to now', () => {
  expect(ago('2026-01-02T09:00:00Z', NOW)).toBe('3 h ago');
  expect(ago(NOW, NOW)).toBe('now');
  expect(until('2026-01-02T17:30:00Z', NOW)).toBe('in 5h 30m');
  expect(until('2026-01-02T20:00:00Z', NOW)).toBe('in 8h');
  expect(until('2026-01-02T19:59:01Z', NOW)).toBe('in 8h');
  expect(until('2026-01-02T19:58:00Z', NOW)).toBe('in 7h 58m');
  expect(until('2026-01-02T12:20:30Z', NOW)).toBe('in 20 min');
  expect(until('2026-01-01T00:00:00Z', NOW)).toBe('expired');
});

it('cuts by columns of the terminal, not by characters', () => {
  expect(displayWidth('日本 ok')).toBe(7);
  expect(truncate('日本語テキスト', 7)).toBe('日本語…');
  expect(truncate('short', 5)).toBe('short');
});

it('breaks a sentence between words, and not at all in a pipe', () => {
  expect(prose('demo is running: never expires', { width: 20, indent: 2 })).toBe('demo is running:\n  never expires');
  expect(prose('  demo is running: never expires', { width: 20, indent: 4 })).toBe(
    '  demo is running:\n    never expires',
  );
  expect(prose('http://127.0.0.1:32000/long ok', { width: 10 })).toBe('http://127.0.0.1:32000/long\nok');
  expect(prose('x '.repeat(200), { width: undefined })).toBe('x '.repeat(200));
});

describe('table', () => {
  const columns = ['NAME', { title: 'SIZE', align: 'right' as const }, { title: 'NOTE', flexible: 'cut' as const }];

  it('aligns without borders', async () => {
    const rows = [
      ['demo', '1.2 GB', 'first'],
      ['longer-name', '3 B', ''],
    ];
    expect(await table(columns, rows)).toBe(
      ['NAME           SIZE  NOTE', 'demo         1.2 GB  first', 'longer-name     3 B'].join('\n'),
    );
  });

  it('takes width from the flexible column', async () => {
    const text = await table(columns, [['demo', '1.2 GB', 'x'.repeat(200)]], { width: 40 });
    expect(text.split('\n')[1]).toBe(`demo  1.2 GB  ${'x'.repeat(25)}…`);
  });

  it('goes on below, between words', async () => {
    const text = await table(['A', { title: 'B', flexible: 'wrap' }, 'C'], [['x', 'one two three four', 'z']], {
      width: 16,
    });
    expect(text.split('\n')).toEqual(['A  B           C', 'x  one two     z', '   three four']);
  });

  it('breaks a word that is longer than its column', async () => {
    const text = await table(['A', { title: 'B', flexible: 'wrap' }], [['x', 'abcdefghijk']], { width: 11 });
    expect(text.split('\n')).toEqual(['A  B', 'x  abcdefgh', '   ijk']);
  });

  it('leaves out columns that matter less, where those that give way had too little room', async () => {
    const some = [
      'NAME',
      { title: 'HOST', drop: 1 },
      { title: 'OWNER', drop: 2 },
      { title: 'NOTE', flexible: 'cut' as const },
    ];
    const rows = [['demo', 'here', 'somebody', 'x'.repeat(40)]];
    const titles = async (width: number): Promise<string[]> =>
      ((await table(some, rows, { width })).split('\n')[0] ?? '').split(/ +/);
    expect(await titles(80)).toEqual(['NAME', 'HOST', 'OWNER', 'NOTE']);
    expect(await titles(38)).toEqual(['NAME', 'OWNER', 'NOTE']);
    expect(await titles(30)).toEqual(['NAME', 'NOTE']);
  });

  it('cuts nothing in a pipe', async () => {
    expect(await table(['A'], [['x'.repeat(300)]])).toContain('x'.repeat(300));
  });
});

it('counts ready services when they do not all fit', () => {
  const services = new Map([
    ['namenode', { state: 'ready', detail: '' }],
    ['hmaster', { state: 'starting', detail: 'no answer' }],
    ['zookeeper', { state: 'ready', detail: '' }],
  ] as const);
  expect(servicesLine(services, 80)).toBe('namenode ready · hmaster starting · zookeeper ready');
  expect(servicesLine(services, 40)).toBe('2 of 3 ready · hmaster starting');
});

it('tells of nodes in their order, and all of what each waits for', () => {
  const ready = { state: 'ready', detail: '' } as const;
  const starting = (detail: string) => ({ state: 'starting', detail }) as const;
  const nodes = new Map<string, Map<string, typeof ready | ReturnType<typeof starting>>>([
    ['worker10', new Map([['datanode', ready]])],
    ['worker2', new Map([['datanode', starting('')]])],
    [
      'master1',
      new Map<string, typeof ready | ReturnType<typeof starting>>([
        ['hmaster', ready],
        ['namenode', starting('safe mode, 1 of 3 DataNodes')],
      ]),
    ],
  ]);
  expect(nodeLines(nodes, 40)).toEqual([
    'master1   1 of 2 ready · namenode: safe',
    '          mode, 1 of 3 DataNodes',
    'worker2   0 of 1 ready · datanode',
    '          starting',
    'worker10  1 ready',
  ]);
});

it.each([
  [{ quiet: true }, 'quiet'],
  [{ json: true }, 'plain'],
  [{ stderrIsTerminal: false }, 'plain'],
  [{ env: { CI: 'true' } }, 'plain'],
  [{ env: { CI: 'false' } }, 'live'],
  [{ env: { TERM: 'dumb' } }, 'plain'],
  [{}, 'live'],
])('shows progress for %j as %s', (choice, mode) => {
  expect(chooseMode({ quiet: false, json: false, env: {}, stderrIsTerminal: true, ...choice })).toBe(mode);
});

it('has a summary for every command and topic that the first page shows whole', async () => {
  const { commands } = await manifestOfSources();
  const page = renderRootHelp({
    description: '',
    version: '',
    commands: Object.entries(commands).map(([id, { summary = '' }]) => ({ id: id.replace(':', ' '), summary })),
    topics: [],
  });
  expect(page.split('\n').filter((line) => line.includes('…'))).toEqual([]);
});

it('groups the commands, loses none and fits 80 columns', () => {
  const text = renderRootHelp({
    description: 'word '.repeat(40),
    version: '1.0.0',
    commands: [
      { id: 'create', summary: 'Create. '.repeat(20) },
      { id: 'mystery', summary: 'Unsorted.' },
      { id: 'images build', summary: 'Not on the first page.' },
    ],
    topics: [{ id: 'images', summary: 'Images.' }],
  });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toMatch(/Clusters\n {2}create .*…\n\nImages and registry\n {2}images +Images\.\n\nOther\n {2}mystery/);
  expect(text).not.toContain('build');
});
