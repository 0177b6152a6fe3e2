import { expect, test } from 'vitest';
import { EngineFailedError } from '../../../src/errors/index.js';
import {
  type EventsRequest,
  followSandboxEvents,
  readSandboxEvents,
  type SandboxEvent,
} from '../../../src/look/index.js';
import { changeFile } from '../../../src/sandbox/index.js';
import { type Scene, scene } from './fixture.js';

const FILE = '/var/log/bdsandbox/events.jsonl';
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

const noted = (time: string, what: string, more = ''): string =>
  `{"at":"${TOMORROW}T${time}Z","service":"echo","what":"${what}"${more}}\n`;

async function snapshotTaken(made: Scene, time: string): Promise<void> {
  const { containers, sandbox } = made.record;
  const id = containers[0]?.summary.id ?? '';
  const change = changeFile({ what: 'snapshot taken', snapshot: 'bug' }, sandbox, `${TOMORROW}T${time}Z`);
  await made.engine.containers.writeFiles(id, [change]);
}

const names = (events: readonly SandboxEvent[]): string[] =>
  events.map(({ node, what }) => `${node ?? 'demo'} ${what}`);

async function read(made: Scene, request: EventsRequest = {}): Promise<string[]> {
  return names(await readSandboxEvents(made.context, made.record, request));
}

test('changes and what nodes noted come in the order of time, also of nodes that are stopped', async () => {
  const made = await scene(2);
  await made.write(
    'node1',
    FILE,
    noted('10:00:00', 'started', ',"pid":7') + noted('10:00:03', 'ended', ',"how":"exit code 3"'),
  );
  await made.write('node2', FILE, `${noted('10:00:01', 'started')}no JSON\n{"at":"never","what":"x"}\n{"at":"202`);
  await snapshotTaken(made, '10:00:01.500');
  for (const { container } of made.nodes) await made.engine.containers.stop(container, { graceMs: 0 });
  const events = await readSandboxEvents(made.context, made.record, {});
  expect(names(events)).toEqual([
    'demo created',
    'node1 started',
    'node2 started',
    'demo snapshot taken',
    'node1 ended',
  ]);
  expect(events.slice(-2)).toEqual([
    {
      at: `${TOMORROW}T10:00:01.500Z`,
      sandbox: 'demo',
      node: null,
      service: null,
      what: 'snapshot taken',
      by: 'ann',
      details: { snapshot: 'bug' },
    },
    {
      at: `${TOMORROW}T10:00:03Z`,
      sandbox: null,
      node: 'node1',
      service: 'echo',
      what: 'ended',
      by: null,
      details: { how: 'exit code 3' },
    },
  ]);
  expect(await read(made, { last: 2 })).toEqual(['demo snapshot taken', 'node1 ended']);
  expect(await read(made, { since: `${TOMORROW}T10:00:01.000Z` })).toEqual([
    'node2 started',
    'demo snapshot taken',
    'node1 ended',
  ]);
});

test('all of them where nobody asks for the last', async () => {
  const made = await scene(1);
  await made.write('node1', FILE, noted('10:00:00', 'started').repeat(500));
  expect(await read(made)).toHaveLength(501);
  expect(await read(made, { last: 200 })).toHaveLength(200);
});

test('a node that cannot be read is told of', async () => {
  const made = await scene(2);
  await made.write('node2', FILE, noted('10:00:01', 'started'));
  const { containers } = made.engine;
  const readFile = containers.readFile.bind(containers);
  Object.assign(containers, {
    readFile: (id: string, path: string) =>
      id === made.nodes[0]?.container ? Promise.reject(new EngineFailedError('broken', 'look')) : readFile(id, path),
  });
  expect(await read(made)).toEqual(['demo created', 'node2 started']);
  expect(made.notices).toEqual(['some events cannot be read: broken']);
});

test('what comes is told once, until the sandbox is removed', async () => {
  const made = await scene(1);
  const events = followSandboxEvents(made.context, made.record, { last: 1 }, 1);
  const next = async (): Promise<string | undefined> => {
    const { value } = await events.next();
    return value ? names([value])[0] : undefined;
  };
  await made.write('node1', FILE, noted('10:00:00', 'started'));
  expect(await next()).toBe('node1 started');
  await made.write('node1', FILE, noted('10:00:00', 'started') + noted('10:00:01', 'ended'));
  expect(await next()).toBe('node1 ended');
  await snapshotTaken(made, '10:00:02.000');
  expect(await next()).toBe('demo snapshot taken');
  await made.write('node1', FILE, noted('10:00:09', 'anew'));
  expect(await next()).toBe('node1 anew');
  await made.engine.containers.remove(made.nodes[0]?.container ?? '');
  expect(await next()).toBeUndefined();
});

test('an interrupt ends it with its reason', async () => {
  const made = await scene(1);
  const events = followSandboxEvents(made.context, made.record, {}, 60_000);
  await events.next();
  const next = events.next();
  made.interrupt.abort(new Error('Ctrl-C'));
  await expect(next).rejects.toThrow('Ctrl-C');
});
