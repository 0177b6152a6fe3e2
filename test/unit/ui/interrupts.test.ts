import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Interrupts } from '../../../src/ui/interrupts.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const heard = { onFirst: vi.fn(), onSecond: vi.fn() };
let now = 0;
let others: NodeJS.MessageListener[] = [];

/** As under an old Node: with a parent that passes on what it gets. */
beforeEach(() => {
  vi.clearAllMocks();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  others = process.listeners('message');
  process.removeAllListeners('message');
  vi.stubEnv('BDSANDBOX_SIGNALS', 'passed on');
  // Vitest's own: it must keep the process.
  if (process.channel) vi.spyOn(process.channel, 'unref').mockReturnValue();
});

afterEach(() => {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  process.removeAllListeners('message');
  for (const other of others) process.on('message', other);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const direct = (signal: NodeJS.Signals): unknown => process.emit(signal, signal);
const passedOn = (signal: unknown): unknown => process.emit('message', { signal }, undefined);

it.each([
  ['its own first', () => direct('SIGINT'), () => passedOn('SIGINT')],
  ['the passed on first', () => passedOn('SIGINT'), () => direct('SIGINT')],
])('takes one press that comes both ways for one, however far apart: %s', (_, first, second) => {
  const interrupts = new Interrupts(heard);
  first();
  now += 60_000;
  second();
  expect(interrupts.signal.aborted).toBe(true);
  expect(heard.onFirst).toHaveBeenCalledOnce();
  expect(heard.onSecond).not.toHaveBeenCalled();
});

it.each([
  ['in a terminal', () => [direct('SIGINT'), passedOn('SIGINT')]],
  ['by kill, of the parent', () => [passedOn('SIGTERM')]],
  ['by kill, of this process', () => [direct('SIGTERM')]],
])('takes two presses for two: %s', (_, press) => {
  new Interrupts(heard);
  press();
  now += 60_000;
  press();
  expect(heard.onFirst).toHaveBeenCalledOnce();
  expect(heard.onSecond).toHaveBeenCalledOnce();
});

it('takes what npm passes on within a second for the same press', () => {
  new Interrupts(heard);
  direct('SIGINT');
  now += 900;
  direct('SIGINT');
  expect(heard.onSecond).not.toHaveBeenCalled();
});

it('hears no other messages', () => {
  new Interrupts(heard);
  for (const message of [undefined, null, 'SIGINT', { signal: 'SIGKILL' }]) process.emit('message', message, undefined);
  expect(heard.onFirst).not.toHaveBeenCalled();
});
