import type Dockerode from 'dockerode';
import type { ContainerUsage } from '../port.js';
import { field } from './docker-config.js';

/** @param stats one answer that holds two samples */
export function usageOf(stats: Dockerode.ContainerStats): ContainerUsage {
  return { cpuPercent: cpuPercent(stats), memoryBytes: memoryBytes(stats) };
}

function cpuPercent({ cpu_stats: now, precpu_stats: before }: Dockerode.ContainerStats): number {
  const own = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const machine = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  // A container that does not run, or has only just begun to, has no second sample.
  if (machine <= 0 || own < 0 || !before?.system_cpu_usage) return 0;
  return (own / machine) * (now.online_cpus || 1) * 100;
}

/** Anonymous memory is what the processes hold: `total_rss` in cgroup v1, `anon` in v2. */
function memoryBytes({ memory_stats: memory }: Dockerode.ContainerStats): number {
  const usage = number(memory, 'usage');
  if (usage === undefined) return 0;
  const anonymous = number(memory, 'stats', 'total_rss') ?? number(memory, 'stats', 'anon');
  if (anonymous !== undefined) return anonymous;
  const cache = number(memory, 'stats', 'total_inactive_file') ?? number(memory, 'stats', 'inactive_file') ?? 0;
  return Math.max(0, usage - cache);
}

function number(value: unknown, ...path: readonly string[]): number | undefined {
  const found = field(value, ...path);
  return typeof found === 'number' ? found : undefined;
}
