import { hostname, release } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { EngineInfo } from '../../../src/engine/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { checkRoom, createSandbox, type FlowContext, type Room } from '../../../src/sandbox/index.js';
import { newScene, restore, take } from '../snapshot/fixture.js';
import { contextOf, request, tinyEngine, tinyPlan } from './fixture.js';

const GB = 1e9;

async function warnings(
  more: Partial<FlowContext>,
  { info = {}, memoryBytes }: { readonly info?: Partial<EngineInfo>; readonly memoryBytes?: number } = {},
): Promise<string[]> {
  const events: FlowEvent[] = [];
  const context = contextOf(tinyEngine({ info }), { ...more, report: (event) => void events.push(event) });
  await checkRoom(context, tinyPlan(), memoryBytes);
  return events.map((event) => (event.type === 'notice' ? `${event.level}: ${event.message}` : event.type));
}

function machine(room: Room | undefined): Partial<FlowContext> {
  return { machine: async () => room };
}

describe('room on the machine', () => {
  test('enough is nothing to talk about', async () => {
    expect(await warnings(machine({ memoryBytes: 8 * GB, diskBytes: 50 * GB }))).toEqual([]);
    expect(await warnings(machine({ memoryBytes: 8 * GB, diskBytes: undefined }))).toEqual([]);
  });

  test('little memory and little disk are one line, with the figures', async () => {
    const info = { memoryBytes: 4 * GB };
    expect(await warnings(machine({ memoryBytes: 0.3 * GB, diskBytes: GB }), { info })).toEqual([
      'warning: little room on memory: 0.3 GB of 4.0 GB memory are free, and this cluster takes about 0.4 GB; ' +
        '1.0 GB of disk are free in /var/lib/docker (see bdsandbox doctor)',
    ]);
    expect(await warnings(machine({ memoryBytes: GB, diskBytes: GB }), { info })).toEqual([
      'warning: little room on memory: 1.0 GB of disk are free in /var/lib/docker (see bdsandbox doctor)',
    ]);
  });

  test('what a snapshot’s memory takes is known', async () => {
    const room = machine({ memoryBytes: 2 * GB, diskBytes: undefined });
    expect(await warnings(room, { memoryBytes: 1.9 * GB })).toEqual([]);
    expect(await warnings(room, { memoryBytes: 2.2 * GB })).toEqual([expect.stringContaining('takes about 2.2 GB')]);
  });

  test('a restore is warned of too, by the memory that it puts back', async () => {
    const { engine } = await newScene();
    const snapshot = await take(engine);
    const notices: string[] = [];
    const having = (memoryBytes: number): Partial<FlowContext> => ({
      ...machine({ memoryBytes, diskBytes: undefined }),
      report: (event) => {
        if (event.type === 'notice') notices.push(event.message);
      },
    });
    await restore(engine, snapshot, { name: 'again' }, having(1999));
    expect(notices).toEqual([expect.stringMatching(/^little room on memory: 0\.0 GB of 17\.2 GB memory are free/)]);
    notices.length = 0;
    await restore(engine, snapshot, { name: 'once-more' }, having(2000));
    expect(notices).toEqual([]);
  });

  test('on another machine it is estimated from what runs there', async () => {
    const engine = tinyEngine({ info: { memoryBytes: 0.8 * GB } });
    const events: FlowEvent[] = [];
    const context = contextOf(engine, { ...machine(undefined), report: (event) => void events.push(event) });
    await checkRoom(context, tinyPlan());
    expect(events).toEqual([]);
    for (const name of ['one', 'two']) await createSandbox(contextOf(engine, machine(undefined)), request({ name }));
    await checkRoom(context, tinyPlan());
    expect(events).toEqual([expect.objectContaining({ message: expect.stringContaining('0.1 GB of 0.8 GB memory') })]);
    await engine.containers.stop('bds.one', { graceMs: 0 });
    await engine.containers.stop('bds.two', { graceMs: 0 });
    await checkRoom(context, tinyPlan(1));
    expect(events).toHaveLength(1);
  });

  test('only what cannot work at all is an error, before anything is made', async () => {
    const engine = tinyEngine({ info: { memoryBytes: 0.1 * GB } });
    const nothing = engine.inventory();
    await expect(createSandbox(contextOf(engine), request())).rejects.toMatchObject({
      code: 'FAILED',
      message: 'a cluster of 3 nodes and 3 services takes about 0.4 GB of memory, and memory has 0.1 GB in all',
      hint: expect.stringContaining('fewer nodes'),
    });
    expect(engine.inventory()).toEqual(nothing);
    expect(await warnings(machine({ memoryBytes: GB, diskBytes: undefined }), { info: { memoryBytes: 0 } })).toEqual(
      [],
    );
  });

  test.runIf(process.platform === 'linux')('this machine’s own is read, and asks the engine for no list', async () => {
    const engine = tinyEngine({
      info: { name: hostname(), kernel: release(), memoryBytes: 1e15, rootDirectory: '/none' },
    });
    const events: FlowEvent[] = [];
    await checkRoom(contextOf(engine, { report: (event) => void events.push(event) }), tinyPlan(), 1e15);
    expect(events).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/\d GB of 1000000\.0 GB memory/) }),
    ]);
    expect(engine.callNames).toEqual(['info']);
  });
});
