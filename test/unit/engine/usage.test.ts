import type Dockerode from 'dockerode';
import { expect, test } from 'vitest';
import { usageOf } from '../../../src/engine/docker/usage.js';

const cpu = (own: number, machine: number) => ({
  cpu_usage: { total_usage: own },
  system_cpu_usage: machine,
  online_cpus: 4,
});
const CPU = { cpu_stats: cpu(300, 2000), precpu_stats: cpu(100, 1000) };

test.each([
  ['cgroup v1: resident, without cache', { usage: 900, stats: { total_rss: 300, total_inactive_file: 500 } }, 300],
  ['cgroup v2: anonymous', { usage: 900, stats: { anon: 400, inactive_file: 100 } }, 400],
  ['neither: usage without what can be dropped', { usage: 900, stats: { inactive_file: 100 } }, 800],
  ['a container that stands', {}, 0],
])('%s', (_name, memory_stats, memoryBytes) => {
  // A cut-out of the engine's answer, which has a hundred more fields.
  const stats = { ...CPU, memory_stats } as unknown as Dockerode.ContainerStats;
  expect(usageOf(stats)).toEqual({ cpuPercent: 80, memoryBytes });
});

test('without a second sample there is no share of the processor', () => {
  const stats = { cpu_stats: cpu(300, 2000), precpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };
  expect(usageOf(stats as unknown as Dockerode.ContainerStats).cpuPercent).toBe(0);
});
