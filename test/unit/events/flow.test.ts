import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Flow, type FlowEvent, inSequence } from '../../../src/events/index.js';

const STEPS = [
  { id: 'image', title: 'Image' },
  { id: 'network', title: 'Network' },
];

/** A flow, and all it said. */
function flowOf(): { flow: Flow; events: FlowEvent[] } {
  const events: FlowEvent[] = [];
  return { flow: new Flow('Create demo', STEPS, (event) => events.push(event)), events };
}

describe('Flow', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const taking = async <T>(ms: number, value: T): Promise<T> => {
    vi.advanceTimersByTime(ms);
    return value;
  };

  it('says its steps first, then each one’s start, progress and end in order', async () => {
    const { flow, events } = flowOf();
    const value = await flow.step('image', async ({ progress, result }) => {
      progress('1 of 2');
      result('never said');
      progress('2 of 2');
      result('pulled');
      return taking(1200, 'the image');
    });
    await flow.step('network', () => taking(30, undefined));
    expect(value).toBe('the image');
    expect(events).toEqual([
      { type: 'flow', title: 'Create demo', steps: STEPS },
      { type: 'step-started', step: 'image' },
      { type: 'step-progress', step: 'image', detail: '1 of 2' },
      { type: 'step-progress', step: 'image', detail: '2 of 2' },
      { type: 'step-done', step: 'image', elapsedMs: 1200, detail: 'pulled' },
      { type: 'step-started', step: 'network' },
      { type: 'step-done', step: 'network', elapsedMs: 30 },
    ]);
  });

  it('keeps the time of each step, and in all from its own beginning', async () => {
    const { flow } = flowOf();
    vi.advanceTimersByTime(5);
    await flow.step('image', () => taking(100, undefined));
    vi.advanceTimersByTime(10);
    await flow.step('network', () => taking(20, undefined));
    expect(flow.timings()).toEqual({ image: 100, network: 20, total: 135 });
  });

  it.each([
    ['an error', new Error('no disk'), 'no disk'],
    ['something else', 'no disk at all', 'no disk at all'],
  ])('a step that fails with %s says so, and the earlier times stay', async (_, thrown, detail) => {
    const { flow, events } = flowOf();
    await flow.step('image', () => taking(100, undefined));
    const failing = flow.step('network', async ({ result }) => {
      result('never said');
      await taking(7, undefined);
      throw thrown;
    });
    await expect(failing).rejects.toBe(thrown);
    expect(events.slice(3)).toEqual([
      { type: 'step-started', step: 'network' },
      { type: 'step-failed', step: 'network', detail },
    ]);
    expect(flow.timings()).toEqual({ image: 100, total: 107 });
  });

  it('a skipped step is said with its reason and has no time', async () => {
    const { flow, events } = flowOf();
    flow.skip('image', 'there already');
    expect(events.slice(1)).toEqual([{ type: 'step-skipped', step: 'image', detail: 'there already' }]);
    expect(flow.timings()).toEqual({ total: 0 });
  });

  it('steps may run at the same time', async () => {
    const { flow, events } = flowOf();
    const both = Promise.all(['image', 'network'].map((id, index) => flow.step(id, () => sleepFor(20 - 10 * index))));
    await vi.advanceTimersByTimeAsync(20);
    await both;
    expect(events.flatMap((event) => ('step' in event ? [`${event.type} ${event.step}`] : []))).toEqual([
      'step-started image',
      'step-started network',
      'step-done network',
      'step-done image',
    ]);
  });
});

function sleepFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('inSequence', () => {
  it('has the phases of both in their order, and what both had once, with the sum', () => {
    const timings = inSequence({ registry: 1, image: 20, total: 21 }, { image: 3, nodes: 4, total: 8 });
    expect(timings).toEqual({ registry: 1, image: 23, nodes: 4, total: 29 });
    expect(Object.keys(timings)).toEqual(['registry', 'image', 'nodes', 'total']);
  });
});
