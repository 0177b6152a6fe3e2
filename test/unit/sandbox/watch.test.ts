import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, test } from 'vitest';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import {
  createSandbox,
  findSandbox,
  inspectWithFigures,
  type Watched,
  watchSandbox,
} from '../../../src/sandbox/index.js';
import { AGENT, contextOf, request, tinyEngine, tinyPlan } from './fixture.js';

const MACHINE = { cpus: 2, cpuPercent: 50, memoryBytes: 8e9, memoryFreeBytes: 4e9, diskBytes: 9e9, diskFreeBytes: 1e9 };
const SIGHT = {
  cpuPercent: 12.5,
  memoryBytes: 1000,
  receivedPerSecond: 10,
  sentPerSecond: 20,
  machine: MACHINE,
  figures: [{ title: 'Echo', label: 'said', unit: 'count', well: '-', value: 4 }],
  services: [{ name: 'echo', state: 'ready', pid: 1001, since: null, detail: 'ok' }],
};

let engine: MemoryEngine;
/** Agents that were begun, and those that go on. */
let begun: number;
let open: number;
/** What node1 answers; undefined: nothing. */
let answer: (look: number) => object | undefined;

beforeEach(async () => {
  begun = 0;
  open = 0;
  answer = () => SIGHT;
  engine = tinyEngine();
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(2) }));
  engine.when([AGENT, 'watch'], async ({ stdin, stdout, container }) => {
    begun += 1;
    open += 1;
    let looks = 0;
    try {
      for await (const word of createInterface({ input: stdin })) {
        if (word !== 'look') continue;
        looks += 1;
        const said = container.name === 'bds.demo' ? answer(looks) : SIGHT;
        if (said) await stdout(`${JSON.stringify(said)}\n`);
      }
    } finally {
      open -= 1;
    }
  });
});

async function watch(onSight: (sight: Watched, count: number) => Promise<void> | void, signal?: AbortSignal) {
  const engines = memoryEngines(engine);
  const record = await findSandbox(engines, 'demo', 'ann');
  let count = 0;
  const run = watchSandbox(engines, record, {
    intervalMs: 10,
    lookMs: 60,
    signal: signal ?? AbortSignal.timeout(5000),
    onSight: (sight) => {
      count += 1;
      return onSight(sight, count);
    },
  });
  return run;
}

/** The first sight that is as asked for. */
async function seen(isIt: (sight: Watched) => boolean): Promise<Watched> {
  const enough = new AbortController();
  let found: Watched | undefined;
  const reason = new Error('enough');
  await watch(
    (sight) => {
      if (!isIt(sight)) return;
      found = sight;
      enough.abort(reason);
    },
    AbortSignal.any([enough.signal, AbortSignal.timeout(5000)]),
  ).catch((error: unknown) => {
    if (error !== reason) throw error;
  });
  if (!found) throw new Error('not seen');
  return found;
}

describe('watchSandbox', () => {
  test('sees nodes, services, machines and figures, by one command a node', async () => {
    const sights: Watched[] = [];
    const end = await watch(async (sight, count) => {
      sights.push(sight);
      if (count === 5)
        for (const node of ['', '.node2']) await engine.containers.stop(`bds.demo${node}`, { graceMs: 0 });
    });
    expect(end).toBe('stopped');
    expect(begun).toBe(2);
    const last = sights[4];
    expect(last).toMatchObject({ state: 'running', machines: [{ host: expect.any(String), ...MACHINE }] });
    expect(last?.figures).toEqual([{ title: 'Echo', label: 'said', unit: 'count', value: 8, of: null, well: true }]);
    expect(last?.nodes[1]).toMatchObject({
      state: 'running',
      cpuPercent: 12.5,
      receivedPerSecond: 10,
      sentPerSecond: 20,
      diskBytes: expect.any(Number),
      services: [{ name: 'echo', component: 'tiny', state: 'ready' }],
    });
    await expect.poll(() => open).toBe(0);
  });

  test('ends when the sandbox is destroyed', async () => {
    const end = await watch(async () => {
      for (const node of ['', '.node2']) await engine.containers.remove(`bds.demo${node}`);
    });
    expect(end).toBe('destroyed');
  });

  test('ends the commands in the nodes when it is given up', async () => {
    const given = new AbortController();
    const run = watch((_, count) => {
      if (count === 2) given.abort(new Error('given up'));
    }, given.signal);
    await expect(run).rejects.toThrow('given up');
    await expect.poll(() => open).toBe(0);
  });

  test('a node that does not answer holds nobody up, and is there again when it does', async () => {
    answer = (look) => (look === 2 ? undefined : SIGHT);
    const silent = await seen((sight) => sight.nodes[0]?.services[0]?.detail === 'no answer');
    expect(silent.state).toBe('degraded');
    expect(silent.nodes[0]).toMatchObject({ cpuPercent: null, receivedPerSecond: null });
    expect(silent.nodes[1]).toMatchObject({ cpuPercent: 12.5 });
  });

  test('begins anew with a node that was stopped and started', async () => {
    let stopped = false;
    await watch(async (sight, count) => {
      if (count === 1) await engine.containers.stop('bds.demo.node2', { graceMs: 0 });
      if (sight.nodes[1]?.state === 'stopped') {
        expect(sight.nodes[1].services[0]?.detail).toBe('node stopped');
        stopped = true;
        await engine.containers.start('bds.demo.node2');
      }
      if (stopped && sight.state === 'running') {
        for (const node of ['', '.node2']) await engine.containers.remove(`bds.demo${node}`);
      }
    });
    expect(begun).toBe(3);
  });

  test('refuses a sandbox whose image is too old', async () => {
    engine.when([AGENT, 'watch'], () => 64);
    await expect(watch(() => undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('inspectWithFigures has them by one look', async () => {
  engine.when([AGENT, 'sight'], ({ stdout }) => stdout(JSON.stringify(SIGHT)));
  const engines = memoryEngines(engine);
  const status = await inspectWithFigures(engines, await findSandbox(engines, 'demo', 'ann'));
  expect(status.machines).toHaveLength(1);
  expect(status.figures).toMatchObject([{ title: 'Echo', value: 8 }]);
});
