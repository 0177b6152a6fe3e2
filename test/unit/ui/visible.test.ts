import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { onlyOurStyles, visible, visibleJson, visibleText } from '../../../src/ui/visible.js';

const ROOT = resolve(import.meta.dirname, '../../..');

it.each([
  ['\u001B]0;title\u0007', '\\x1b]0;title\\x07'],
  ['\u001B[2Jgone', '\\x1b[2Jgone'],
  ['a\rb', 'a\\rb'],
  ['a\nb\tc', 'a\\nb\\tc'],
  ['\u009B2J', '\\x9b2J'],
  ['a\u007F\u0008', 'a\\x7f\\x08'],
  ['\u202Egpj.exe', '\\u202egpj.exe'],
  ['a\u200Bb\u2066c\uFEFF', 'a\\u200bb\\u2066c\\ufeff'],
  ['\u2028\u2029', '\\u2028\\u2029'],
  ['\u{E0041}', '\\u{e0041}'],
  ['\uD800', '\\ud800'],
  ['größer 日本 \u00A0 ✓ é', 'größer 日本 \u00A0 ✓ é'],
])('%j is shown as %s', (text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(visible(visible(text))).toBe(shown);
});

it('keeps the lines and tabs of a text', () => {
  expect(visibleText('a\tb\r\nc\rd\n')).toBe('a\tb\nc\\rd\n');
  expect(visible({ diff: '+a\n', name: 'a\nb', deep: [{ diff: '\u001B' }] }, ['diff'])).toEqual({
    diff: '+a\n',
    name: 'a\\nb',
    deep: [{ diff: '\\x1b' }],
  });
});

it('changes nothing but strings', () => {
  const at = new Date(0);
  const value = { n: 1, no: null, yes: true, at, list: ['a', 2], names: new Map([['k\u0000', ['v\u0000']]]) };
  expect(visible(value)).toEqual({ ...value, names: new Map([['k\\x00', ['v\\x00']]]) });
  expect(visible({ 'a\u001Bb': 1 })).toEqual({ 'a\\x1bb': 1 });
});

it('JSON says the same, in characters that nothing acts upon', () => {
  const value = { note: 'a\u009B\u202E\u{E0041}\u200B\u001B\nö' };
  expect(visibleJson(value)).toBe('{"note":"a\\u009b\\u202e\\udb40\\udc41\\u200b\\u001b\\nö"}');
  expect(JSON.parse(visibleJson(value))).toEqual(value);
});

it('our own colours pass, nothing else of that kind', () => {
  const colors = new Chalk({ level: 3 });
  const ours = [colors.red('a'), colors.dim('b'), colors.bold('c'), colors.ansi256(130)('d'), colors.magenta('e')].join(
    '',
  );
  expect(onlyOurStyles(`${ours}\n`)).toBe(`${ours}\n`);
  expect(onlyOurStyles('\u001B[8mhidden\u001B[1;1H\u001B]8;;http://x\u0007\r')).toBe(
    '\\x1b[8mhidden\\x1b[1;1H\\x1b]8;;http://x\\x07\\r',
  );
});

describe('nobody writes past the writer', () => {
  /** What touches the streams beside it, and why it may. */
  const KNOWN: Readonly<Record<string, string>> = {
    'src/ui/write.ts': 'the writer',
    'src/ui/terminal.ts': 'lends the streams to programs in nodes',
    'src/ui/live-screen.ts': 'opens and leaves the other screen',
    'src/ui/prompt.ts': 'asks, by visibleText()',
    'src/ui/base-command.ts': 'hears of errors of stdout',
    'src/ui/main.ts': 'hears of errors of stdout',
    'src/ui/prose.ts': 'asks for the width',
    'src/ui/help.ts': "prints help, which is the program's own text",
    'src/ui/progress/start-progress.ts': 'hands stderr to the renderers, and makes events visible',
    'src/commands/cp.ts': 'an archive goes to stdout, and never to a terminal',
  };
  const TOUCHES = /\bprocess\.(?:stdout|stderr)\b|\bstdout\b.*= process|\bconsole\.|writeSync|\bthis\.log\(|\bux\./;

  it('in src', () => {
    const found = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) =>
      TOUCHES.test(readFileSync(resolve(ROOT, file), 'utf8')),
    );
    expect(found.sort()).toEqual(Object.keys(KNOWN).sort());
  });

  it('and no command makes JSON of its own', () => {
    const found = globSync('src/{commands,views}/**/*.ts', { cwd: ROOT }).filter((file) =>
      /JSON\.stringify/.test(readFileSync(resolve(ROOT, file), 'utf8')),
    );
    // The second shows a value of an event that it does not know.
    expect(found.sort()).toEqual(['src/commands/schema.ts', 'src/views/events.ts']);
  });
});
