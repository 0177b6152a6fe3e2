import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { exactWords } from '../../../../src/sandbox/copy/exact-words.js';

const LOST = ['cp', 'n\ufffd', 'n\ufffd', 'demo:/tmp'];

test('words have the bytes that the process before this one was given', async () => {
  // bash makes words of bytes that Node could not hand over.
  const script = `exec bash -c 'echo; read' ${LOST[0]} "$(printf 'n\\377')" "$(printf 'n\\376')" demo:/tmp`;
  const child = spawn('bash', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    expect(exactWords(LOST, child.pid)).toEqual(['cp', 'n\udcff', 'n\udcfe', 'demo:/tmp']);
    expect(exactWords(LOST.slice(1), child.pid)).toEqual(['n\udcff', 'n\udcfe', 'demo:/tmp']);
    // It has other words.
    expect(exactWords(['x\ufffd', 'demo:/tmp'], child.pid)).toEqual(['x\ufffd', 'demo:/tmp']);
  } finally {
    child.kill();
  }
});

test('words that lost nothing stay', () => {
  const words = ['cp', 'grün', 'demo:/tmp'];
  expect(exactWords(words)).toBe(words);
  expect(exactWords(LOST, 0)).toEqual(LOST);
});
