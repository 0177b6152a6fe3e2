import { expect, test } from 'vitest';
import { NotFoundError, UsageError } from '../../../src/errors/index.js';
import { chooseNodes, logsRequest, parseSince, parseTarget } from '../../../src/look/index.js';
import { scene } from './fixture.js';

const NOW = new Date('2026-01-31T12:00:00Z');

test.each([
  ['10m', '2026-01-31T11:50:00.000Z'],
  ['1h30m', '2026-01-31T10:30:00.000Z'],
  ['2d', '2026-01-29T12:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T11:30', '2026-01-31T11:30:00.000Z'],
  ['2026-01-31T11:30:05Z', '2026-01-31T11:30:05.000Z'],
  ['2026-01-31T13:30:00+02:00', '2026-01-31T11:30:00.000Z'],
  // As in a log.
  ['2026-01-31 11:30:05,1', '2026-01-31T11:30:05.100Z'],
  ['2026-01-31T11:30:05.123456789Z', '2026-01-31T11:30:05.123Z'],
])('since %s', (text, time) => {
  expect(parseSince(text, NOW)).toBe(time);
});

test.each([
  '',
  'soon',
  '10',
  '-10m',
  '2026-13-01',
  '2026-01-31T25:00',
  '2026-01-31T11',
  '99999999d',
  '2026-01-31T11:30+2',
])('since %j is refused', (text) => {
  expect(() => parseSince(text, NOW)).toThrow(UsageError);
});

test.each<[Parameters<typeof logsRequest>[0], object]>([
  [{}, { tail: 200 }],
  [{ since: '2026-01-31' }, { since: '2026-01-31T00:00:00.000Z' }],
  [
    { since: '2026-01-31', tail: '5' },
    { since: '2026-01-31T00:00:00.000Z', tail: 5 },
  ],
  [{ tail: 'all' }, {}],
  [
    { tail: '0', level: 'warn', grep: 'a|b' },
    { tail: 0, level: 'WARN', grep: 'a|b' },
  ],
])('the words %j', (words, request) => {
  expect(logsRequest(words)).toEqual(request);
});

test.each([
  [{ tail: '-1' }, '--tail: "-1" is no number of lines'],
  [{ tail: 'many' }, '--tail: "many" is no number of lines'],
  [{ tail: '' }, '--tail: "" is no number of lines'],
  [{ grep: '(' }, '--grep: "(" is no regular expression'],
  [{ level: 'LOUD' }, '--level: there is no level "LOUD"'],
  [{ since: 'x' }, '--since: "x" is neither a duration nor a time'],
])('the words %j are refused', (words, message) => {
  expect(() => logsRequest(words)).toThrow(expect.objectContaining({ code: 'USAGE', message }));
});

test.each([
  [undefined, {}],
  ['demo', { sandbox: 'demo' }],
  ['demo/node1', { sandbox: 'demo', node: 'node1' }],
  ['demo/node1/echo', { sandbox: 'demo', node: 'node1', service: 'echo' }],
])('the target %s', (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

test.each(['', '/', '/node1', 'demo/', 'demo//echo', 'demo/node1/', 'demo/node1/echo/more'])(
  'the target %j is refused',
  (text) => {
    expect(() => parseTarget(text)).toThrow(UsageError);
  },
);

test('nodes and services that are meant', async () => {
  const { record } = await scene(3);
  const names = async (wanted: Parameters<typeof chooseNodes>[1]): Promise<string[]> =>
    (await chooseNodes(record, wanted)).map(({ name, services }) => `${name}: ${services.join(' ')}`);
  expect(await names({ services: [] })).toEqual(['node1: echo', 'node2: echo', 'node3: echo']);
  expect(await names({ node: 'node2', services: ['echo', 'echo'] })).toEqual(['node2: echo']);
});

test.each([
  [{ node: 'nod2', services: [] }, 'demo has no node nod2; did you mean "node2"?', 'its nodes are: node1, node2'],
  [{ node: 'echo', services: [] }, 'demo has no node echo', 'echo is a service; write demo/node1/echo'],
  [{ node: 'worker', services: [] }, 'demo has no node worker', 'its nodes are: node1, node2'],
  [{ services: ['ecoh'] }, 'demo has no service ecoh; did you mean "echo"?', 'its services are: echo'],
  [{ node: 'node1', services: ['echo', 'web'] }, 'node1 of demo has no service web', 'its services are: echo'],
])('%j is not there', async (wanted, message, hint) => {
  const { record } = await scene(2);
  const choose = (): unknown => chooseNodes(record, wanted);
  expect(choose).toThrow(NotFoundError);
  expect(choose).toThrow(expect.objectContaining({ message, hint }));
});
