import { afterAll, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { bds, json, ok, traces } from '../e2e/cli.js';
import { warmHadoop } from './from-golden.js';
import { diskUsed, getMemory, memoryUsed, settled, settledAsBefore } from './machine.js';
import { gigabytes, inOrder, nodesText, ratio, reportFigures, seconds, timed } from './report.js';

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
});

test.each([
  { count: 10, nodes: 1 },
  { count: 5, nodes: 5 },
])('$count sandboxes of $nodes node(s) beside each other', async ({ count, nodes }) => {
  const golden = await warmHadoop(nodes);
  const before = { ...(await settled()), traces: await traces() };
  const createMs: number[] = [];
  const gettingMs: number[] = [];
  for (let index = 1; index <= count; index += 1) {
    gettingMs.push(await getMemory(golden.memoryBytes * 1.1));
    createMs.push((await golden.create(`bench-${index}`)).ms);
  }
  const { sandboxes } = await json<{ sandboxes: Sandbox[] }>(['ls']);
  expect(sandboxes.map(({ state }) => state)).toEqual(Array(count).fill('running'));
  for (const { name } of sandboxes) {
    const status = await json<Sandbox>(['status', name]);
    const states = status.nodes.flatMap(({ services }) => services.map(({ state }) => state));
    expect(new Set(states), name).toEqual(new Set(['ready']));
  }
  const memory = (await memoryUsed()) - before.memory;
  const disk = (await diskUsed()) - before.disk;
  const destroyed = await timed(() => ok(['destroy', '--all', '--force']));
  expect(await traces()).toEqual(before.traces);
  const { value: after, ms: backMs } = await timed(() => settledAsBefore(before));
  await golden.remove();
  await reportFigures(`${count} sandboxes of ${nodesText(nodes)}`, inOrder(createMs), [
    ...createMs.map((ms, index) => seconds(`create beside ${index} others`, ms)),
    ratio('slowest create over the first', Math.max(...createMs) / (createMs[0] ?? 1), 1.5),
    seconds('as much memory got from the machine before each, fastest', Math.min(...gettingMs)),
    seconds('as much memory got from the machine before each, slowest', Math.max(...gettingMs)),
    gigabytes('memory of each', memory / count),
    gigabytes('disk of each', disk / count),
    seconds('destroy --all', destroyed.ms),
    seconds('until memory is given back, a minute at most', backMs),
    gigabytes('memory that is not given back', after.memory - before.memory),
    gigabytes('disk that is not given back', after.disk - before.disk),
  ]);
});
