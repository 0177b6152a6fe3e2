import { describe, expect, test } from 'vitest';
import { EngineFailedError, UsageError } from '../../../src/errors/index.js';
import { type LogLine, type LogsRequest, readLogs } from '../../../src/look/index.js';
import { collected, LOGS, type Scene, scene } from './fixture.js';

const ECHO = '/var/log/bdsandbox/echo';

/** Two nodes, with a stack trace, a file that rotated, and what a JVM printed at its end. */
async function filled(): Promise<Scene> {
  const made = await scene(2);
  await made.write('node1', `${ECHO}.log.1`, '2026-01-01 10:00:00,000 INFO  [main] a.B: first\n');
  await made.write(
    'node1',
    `${ECHO}.log`,
    [
      '2026-01-01 10:00:02,500 WARN  [main] a.B: slow\t(10 s)',
      'java.io.IOException: größer',
      '\tat a.B.c(B.java:1)',
      '',
      'Caused by: nothing',
      '2026-01-01 10:00:04,000 ERROR [main] a.B: last',
      '',
    ].join('\n'),
  );
  await made.write(
    'node2',
    `${ECHO}.log`,
    '2026-01-01 10:00:01,000 INFO  [WARN-thread] a.B: other\r\n2026-01-01T10:00:03Z main ERROR logging broke\n',
  );
  await made.write('node2', `${ECHO}.out`, 'mode is follow\nException in thread "main" Boom\n\tat a.B\nWARNING: old\n');
  return made;
}

async function read(made: Scene, request: LogsRequest = {}): Promise<LogLine[]> {
  return collected(readLogs(made.context, made.nodes, request));
}

const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text.replace(/^.*: /, ''));

describe.each([
  ['inside the nodes', async () => undefined],
  ['from the files of nodes that are stopped', stopAll],
  ['from the files where the image has no script', async ({ engine }: Scene) => void engine.when(LOGS, () => 127)],
])('logs, read %s', (_, prepare) => {
  async function prepared(): Promise<Scene> {
    const made = await filled();
    await prepare(made);
    return { ...made, nodes: await freshNodes(made) };
  }

  test('are merged by time, stack traces with the line they belong to', async () => {
    const lines = await read(await prepared());
    expect(lines).toEqual([
      line('node1', '2026-01-01T10:00:00.000Z', 'INFO', '2026-01-01 10:00:00,000 INFO  [main] a.B: first'),
      line('node2', '2026-01-01T10:00:01.000Z', 'INFO', '2026-01-01 10:00:01,000 INFO  [WARN-thread] a.B: other'),
      line(
        'node1',
        '2026-01-01T10:00:02.500Z',
        'WARN',
        '2026-01-01 10:00:02,500 WARN  [main] a.B: slow\t(10 s)\njava.io.IOException: größer\n\tat a.B.c(B.java:1)\n\nCaused by: nothing',
      ),
      line('node2', '2026-01-01T10:00:03.000Z', 'ERROR', '2026-01-01T10:00:03Z main ERROR logging broke'),
      line('node1', '2026-01-01T10:00:04.000Z', 'ERROR', '2026-01-01 10:00:04,000 ERROR [main] a.B: last'),
      line('node2', null, null, 'mode is follow'),
      line('node2', null, 'ERROR', 'Exception in thread "main" Boom\n\tat a.B'),
      line('node2', null, 'WARN', 'WARNING: old'),
    ]);
  });

  test.each<[string, LogsRequest, string[]]>([
    [
      'the last ones of all nodes',
      { tail: 4 },
      ['last', 'mode is follow', 'Exception in thread "main" Boom\n\tat a.B', 'old'],
    ],
    ['none', { tail: 0 }, []],
    [
      'those since a time',
      { since: '2026-01-01T10:00:04.000Z', tail: 2 },
      ['Exception in thread "main" Boom\n\tat a.B', 'old'],
    ],
    ['what has no time by its file', { since: '2026-01-01T12:00:00.001Z' }, []],
    [
      'a level and worse',
      { level: 'ERROR' },
      ['2026-01-01T10:00:03Z main ERROR logging broke', 'last', 'Exception in thread "main" Boom\n\tat a.B'],
    ],
    [
      'a match in any line',
      { grep: '^Caused by', tail: 1 },
      ['slow\t(10 s)\njava.io.IOException: größer\n\tat a.B.c(B.java:1)\n\nnothing'],
    ],
    [
      'the last of the matches',
      { grep: 'a\\.B: ', tail: 2 },
      ['slow\t(10 s)\njava.io.IOException: größer\n\tat a.B.c(B.java:1)\n\nnothing', 'last'],
    ],
    ['level and match', { level: 'WARN', grep: 'last|first' }, ['last']],
  ])('%s', async (_name, request, expected) => {
    const lines = await read(await prepared(), request);
    const short = (text: string): string =>
      text.replace(/^2026\S+ \S+ +\S+ +\[\S+\] a\.B: /, '').replace(/^WARNING: |^Caused by: /gm, '');
    expect(lines.map(({ text }) => short(text))).toEqual(expected);
  });
});

test('a last line without its end is told', async () => {
  const made = await scene(1);
  await made.write('node1', `${ECHO}.out`, 'whole\nPassword? ');
  expect(texts(await read(made))).toEqual(['whole', 'Password? ']);
});

test('a large log is read from its end, over the edges of what is read at once', async () => {
  const made = await scene(1);
  const lines = Array.from({ length: 12_000 }, (_, index) => {
    const time = new Date(Date.UTC(2026, 0, 1) + index * 1000)
      .toISOString()
      .replace('T', ' ')
      .replace('.', ',')
      .slice(0, 23);
    return `${time} ${index % 4000 === 0 ? 'WARN ' : 'INFO '} [main] a.B: ${index} ${'x'.repeat(60)}\n\tat ${index}\n`;
  });
  await made.write('node1', `${ECHO}.log`, lines.join(''));
  const count = async (request: LogsRequest): Promise<string[]> =>
    (await read(made, request)).map(({ text }) => / a\.B: (\d+) .*\n\tat \1$/.exec(text)?.[1] ?? text);
  expect(await count({ tail: 2 })).toEqual(['11998', '11999']);
  expect(await count({ tail: 5, level: 'WARN' })).toEqual(['0', '4000', '8000']);
  expect(await count({ tail: 1, level: 'WARN', since: '2026-01-01T02:13:21.000Z' })).toEqual([]);
  expect(await count({ since: '2026-01-01T03:19:58.000Z' })).toEqual(['11998', '11999']);
  expect(await count({ since: '2026-01-01T00:00:00.000Z' })).toHaveLength(12_000);
  expect(await count({ tail: 6000 })).toHaveLength(6000);
});

test('a file without any time is no entry of its own for each window', async () => {
  const made = await scene(1);
  await made.write('node1', `${ECHO}.out`, Array.from({ length: 40_000 }, (_, index) => `tick ${index}\n`).join(''));
  expect(texts(await read(made, { tail: 2 }))).toEqual(['tick 39998', 'tick 39999']);
  expect(await read(made)).toHaveLength(40_000);
});

test('an entry of thousands of lines is told in parts, with its time and level', async () => {
  const made = await scene(1);
  await made.write('node1', `${ECHO}.log`, `2026-01-01 10:00:00,000 ERROR a\n${'\tat b\n'.repeat(1500)}`);
  const lines = await read(made);
  expect(lines.map(({ text, level }) => [text.split('\n').length, level])).toEqual([
    [1000, 'ERROR'],
    [501, 'ERROR'],
  ]);
});

test('a node without a log file has no lines, and no trouble', async () => {
  const made = await scene(1);
  expect(await read(made)).toEqual([]);
  expect(made.notices).toEqual([]);
});

test('a node that cannot tell is named, the others are told', async () => {
  const made = await filled();
  made.engine.when(
    (command) => command[0] === LOGS,
    async ({ container, stdout, stderr }) => {
      if (container.name === 'bds.demo.node2') {
        await stderr('first\nno memory\n');
        return 1;
      }
      await stdout('E\techo\t-\t2026-01-01T10:00:00.000Z\t-\thello\tthere\nX\tunknown\nP\techo\tout\t7\t6\n');
      return 0;
    },
  );
  expect(texts(await read(made))).toEqual(['hello\tthere']);
  expect(made.notices).toEqual(['no logs of node2: reading the logs broke off: it ended with 1: no memory']);
});

test('a node that stops meanwhile is named, with what came until then', async () => {
  const made = await scene(1);
  made.engine.when(LOGS, async ({ stdout, container }) => {
    await stdout('E\techo\t-\t2026\t-\tone\nE\techo\t-\t2026\t-\ttwo\n');
    made.engine.die(container.name);
  });
  expect(texts(await read(made))).toContain('one');
  expect(made.notices).toEqual(['no logs of node1: reading the logs broke off: the node was stopped']);
});

test('what the engine fails with is told, not thrown', async () => {
  const made = await filled();
  await stopAll(made);
  const nodes = await freshNodes(made);
  made.engine.beforeCall = ({ name }) => {
    if (name === 'containers.readFile') throw new EngineFailedError('disk broken', 'look at it');
  };
  expect(await read({ ...made, nodes })).toEqual([]);
  expect(made.notices).toEqual(['no logs of node1: disk broken', 'no logs of node2: disk broken']);
});

test('a regular expression that only the node finds wrong is a usage error', async () => {
  const made = await filled();
  // Both ends have words of their own: here Perl knows no such group.
  await expect(read(made, { grep: '(?<$name>a)' })).rejects.toBeInstanceOf(UsageError);
});

test('an interrupted read ends with the reason', async () => {
  const made = await filled();
  made.engine.when(LOGS, () => new Promise(() => undefined));
  const reading = read(made);
  made.interrupt.abort(new Error('Ctrl-C'));
  await expect(reading).rejects.toThrow('Ctrl-C');
});

function line(node: string, at: string | null, level: string | null, text: string): LogLine {
  return { at, node, service: 'echo', level, text };
}

async function stopAll({ engine, nodes }: Scene): Promise<void> {
  for (const { container } of nodes) await engine.containers.stop(container, { graceMs: 0 });
}

async function freshNodes({ engine, nodes }: Scene): Promise<Scene['nodes']> {
  return Promise.all(
    nodes.map(async (node) => ({ ...node, state: (await engine.containers.inspect(node.container)).state })),
  );
}
