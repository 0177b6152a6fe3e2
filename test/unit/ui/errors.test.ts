import { expect, it } from 'vitest';
import { BugError, NotFoundError, ServiceFailedError } from '../../../src/errors/index.js';
import { fromThrown } from '../../../src/ui/parse-error.js';
import { renderError, renderErrorJson } from '../../../src/ui/render-error.js';

const COMMAND = { command: 'create', flags: ['nodes', 'json'] };

it('prints what happened, the details and what to do next', () => {
  const error = new ServiceFailedError('hmaster stopped', 'bdsandbox logs demo', { details: ['one', 'two'] });
  expect(renderError(error, false)).toBe(
    ['bdsandbox: hmaster stopped', '    one', '    two', '  next: bdsandbox logs demo', ''].join('\n'),
  );
});

it('breaks the message between words, and never a command of the hint', () => {
  const error = new NotFoundError(
    'there is no sandbox of that name here',
    'bdsandbox create hadoop-hbase demo --nodes 1',
  );
  expect(renderError(error, false, 40).split('\n')).toEqual([
    'bdsandbox: there is no sandbox of that',
    '    name here',
    '  next: bdsandbox create hadoop-hbase demo --nodes 1',
    '',
  ]);
});

it('breaks a hint that is too wide between its parts', () => {
  const hint = 'there are: one, two; if a colleague pushed it: bdsandbox snapshots pull three';
  const lines = (columns: number): string[] => renderError(new NotFoundError('gone', hint), false, columns).split('\n');
  expect(lines(80).slice(1)).toEqual([
    '  next: there are: one, two; if a colleague pushed it:',
    '        bdsandbox snapshots pull three',
    '',
  ]);
  expect(lines(100)).toContain(`  next: ${hint}`);
  expect(lines(20)).toContain('        bdsandbox snapshots pull three');
});

it('breaks no word of a hint', () => {
  const lines = (hint: string, columns: number): string[] =>
    renderError(new NotFoundError('gone', hint), false, columns).trimEnd().split('\n').slice(1);
  expect(lines('destroy the sandbox and create it again, or use the bdsandbox that created it', 80)).toEqual([
    '  next: destroy the sandbox and create it again,',
    '        or use the bdsandbox that created it',
  ]);
  expect(lines('look for one of these words in the whole of the log, and then bdsandbox logs demo -f', 40)).toEqual([
    '  next: look for one of these words in',
    '        the whole of the log,',
    '        and then bdsandbox logs demo -f',
  ]);
  expect(lines('or else in the worst of cases bdsandbox create hadoop-hbase --nodes 1', 40)).toEqual([
    '  next: or else in the worst of cases',
    '        bdsandbox create hadoop-hbase --nodes 1',
  ]);
});

it('prints stacks and causes for who asks, and ends where causes go in circles', () => {
  const cause: Error = new Error('inner');
  cause.cause = cause;
  const text = renderError(new NotFoundError('gone', 'ls', { cause }), true);
  expect(text).toMatch(/NotFoundError: gone\n +at /);
  expect(text.match(/caused by: Error: inner/g)).toHaveLength(1);
});

it('prints JSON in our envelope', () => {
  expect(JSON.parse(renderErrorJson(new NotFoundError('gone', 'ls')))).toEqual({
    ok: false,
    error: { code: 'NOT_FOUND', message: 'gone', hint: 'ls' },
  });
});

function oclifError(message: string, more: object = {}): Error {
  return Object.assign(new Error(`${message}\nSee more help with --help`), { oclif: { exit: 2 } }, more);
}

it.each([
  [oclifError('Nonexistent flag: --ndoes', { flags: ['--ndoes'] }), 'unknown flag --ndoes', /did you mean --nodes\?/],
  [
    oclifError('Missing 1 required arg:\nname  the name', { args: [{ name: 'name' }] }),
    'missing argument NAME',
    /help create/,
  ],
  [oclifError('Unexpected arguments: a, b', { args: ['a', 'b'] }), 'unexpected argument a b', /help create/],
  [
    oclifError('The following error occurred:\n  Missing required flag owner'),
    'missing required flag owner',
    /help create/,
  ],
  [
    oclifError('Parsing --nodes \n\tExpected an integer but received: x'),
    '--nodes: expected an integer but received: x',
    /help create/,
  ],
])('turns what oclif throws into one line: %s', (thrown, message, hint) => {
  const error = fromThrown(thrown, COMMAND);
  expect(error).toMatchObject({ code: 'USAGE', exitCode: 2, message, hint: expect.stringMatching(hint) });
});

it('keeps our own errors and calls everything else a bug of ours', () => {
  const own = new NotFoundError('gone', 'ls');
  expect(fromThrown(own, COMMAND)).toBe(own);
  expect(fromThrown('text', COMMAND)).toBeInstanceOf(BugError);
  expect(fromThrown(undefined, COMMAND).exitCode).toBe(1);
});
