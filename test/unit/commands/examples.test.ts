import { expect, test } from 'vitest';
import { COMMAND_IDS, manifestOfSources } from '../commands.js';

const BIN = '<%= config.bin %>';

const { commands } = await manifestOfSources();

test.each(COMMAND_IDS)('%s: its examples are of this command, with flags that it has', (id) => {
  const { examples = [], flags = {} } = commands[id] ?? {};
  const words = `${BIN} ${id.replaceAll(':', ' ')}`;
  expect(examples.length).toBeGreaterThan(0);
  const own = examples.flatMap((example) => {
    const line = String(example);
    // In a pipe, a list or $(...) other programs have a part of it; behind -- the words are another program's.
    const [part = ''] = line.slice(Math.max(0, line.indexOf(words))).split(/ -- | [|&;>] |\)/);
    return line.includes(words) ? [part] : [];
  });
  expect(own.length, `an example with "${words}"`).toBeGreaterThan(0);
  const known = new Set([...Object.keys(flags), 'help', ...Object.keys(flags).map((name) => `no-${name}`)]);
  for (const part of own) {
    const named = [...part.matchAll(/(?<= )--([a-z-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  }
});
