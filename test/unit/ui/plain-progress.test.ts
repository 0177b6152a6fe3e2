import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPlainProgress } from '../../../src/ui/progress/plain.js';
import type { Progress } from '../../../src/ui/progress/progress.js';

let lines: string[];
let progress: Progress;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk).trimEnd());
      done();
    },
  });
  progress = createPlainProgress(stream);
});

afterEach(async () => {
  await progress.end();
  vi.useRealTimers();
});

it('tells each change of state at once', () => {
  progress.report({ type: 'flow', title: 'create demo', steps: [{ id: 'image', title: 'Image' }] });
  progress.report({ type: 'step-started', step: 'image' });
  progress.report({ type: 'step-done', step: 'image', detail: 'built', elapsedMs: 12_340 });
  progress.report({ type: 'step-skipped', step: 'net', detail: 'there' });
  progress.report({ type: 'step-failed', step: 'x', detail: 'broken' });
  expect(lines).toEqual([
    '[  0.0 s] create demo',
    '[  0.0 s] Image',
    '[  0.0 s] Image: done in 12.3 s, built',
    '[  0.0 s] net: skipped, there',
    '[  0.0 s] x: failed, broken',
  ]);
});

it('says at most one detail a second, and the newest', () => {
  progress.report({ type: 'step-started', step: 'image' });
  for (let i = 0; i < 30; i += 1) {
    vi.advanceTimersByTime(100);
    progress.report({ type: 'step-progress', step: 'image', detail: `part ${i}` });
  }
  expect(lines.length).toBeLessThanOrEqual(4);
  expect(lines.at(-1)).toMatch(/part 2\d$/);
});

it('gives one sign of life every ten seconds while nothing changes', () => {
  progress.report({ type: 'step-started', step: 'image', detail: 'x'.repeat(200) });
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(7);
  expect(lines.at(-1)).toMatch(/ s\] image: x+… \(\d+\.\d s so far\)$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(140);
});

it('says what a node does once, however often it is told, and again when it changes', () => {
  progress.report({ type: 'step-started', step: 'ready', detail: '' });
  const tell = (state: 'starting' | 'ready', seconds: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      for (const node of ['master1', 'worker1']) {
        progress.report({ type: 'service', node, service: 'server', state, detail: `${second} of ${seconds}` });
      }
      vi.advanceTimersByTime(1000);
    }
  };
  tell('starting', 8);
  tell('ready', 1);
  tell('starting', 1);
  expect(lines.slice(1).map((line) => line.slice(10))).toEqual([
    'master1: server starting',
    'worker1: server starting',
    'master1: server ready',
    'worker1: server ready',
    'master1: server starting',
    'worker1: server starting',
  ]);
});

it('says a detail that came back', () => {
  progress.report({ type: 'step-started', step: 'image' });
  for (const detail of ['a', 'b', 'b', 'a']) {
    vi.advanceTimersByTime(1100);
    progress.report({ type: 'step-progress', step: 'image', detail });
  }
  expect(lines.map((line) => line.slice(10))).toEqual(['image', 'image: a', 'image: b', 'image: a']);
});

it('gathers the services of a node, but not a failure', () => {
  progress.report({ type: 'step-started', step: 'ready' });
  for (const service of ['namenode', 'hmaster', 'zookeeper']) {
    progress.report({ type: 'service', node: 'master1', service, state: 'starting', detail: '' });
  }
  progress.report({ type: 'service', node: 'master1', service: 'hmaster', state: 'failed', detail: 'exit 1' });
  vi.advanceTimersByTime(1100);
  expect(lines.slice(1).map((line) => line.slice(10))).toEqual([
    'master1: namenode starting',
    'master1: hmaster failed: exit 1',
  ]);
});

it('keeps control characters of programs out', () => {
  progress.report({ type: 'step-started', step: 'a', detail: 'one\n\u001B[31mtwo\u001B[0m\tthree\r\n' });
  expect(lines).toEqual([`[  0.0 s] a: ${stripVTControlCharacters('two three')}`]);
});
