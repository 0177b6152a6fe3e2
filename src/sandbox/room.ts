import { readFile, statfs } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import type { Engine, EngineInfo } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import type { Plan } from '../plan/index.js';
import { servicesOf } from './inventory.js';
import { LABELS } from './labels.js';
import type { FlowContext } from './raise.js';

/** A daemon with some work to do; idle, 18 of them in five nodes of hadoop-hbase take 1.4 GB, 8 in one node 0.65 GB. */
const SERVICE_BYTES = 125e6;

/** Below it `doctor` fails too: a build or a snapshot takes more. */
export const NO_DISK_BYTES = 2e9;

/** What the engine's machine has left. */
export interface Room {
  readonly memoryBytes: number;
  /** undefined where it cannot be told without a container. */
  readonly diskBytes: number | undefined;
}

/**
 * Warns, in one line with the figures, of a cluster that will hardly fit. Costs a read of a file where the engine is on
 * this machine, else one list of containers.
 * @param memoryBytes of the memory that is put back; estimated from the plan's services when absent
 * @throws FailedError when the whole machine is too small
 */
export async function checkRoom(context: FlowContext, plan: Plan, memoryBytes?: number): Promise<void> {
  const engine = context.engines.on(context.engines.home);
  const info = await engine.info();
  const needed = memoryBytes ?? servicesIn(plan) * SERVICE_BYTES;
  if (info.memoryBytes > 0 && needed > 2 * info.memoryBytes) {
    throw new FailedError(
      `a cluster of ${count(plan.nodes.length, 'node')} and ${count(servicesIn(plan), 'service')} takes about ${gigabytes(needed)} of memory, and ${info.name} has ${gigabytes(info.memoryBytes)} in all`,
      'use fewer nodes, or a larger machine',
    );
  }
  const room = (await (context.machine ?? thisMachine)(info)) ?? (await estimate(engine, info));
  const warnings = [
    ...(room.memoryBytes < needed
      ? [
          `${gigabytes(room.memoryBytes)} of ${gigabytes(info.memoryBytes)} memory are free, and this cluster takes about ${gigabytes(needed)}`,
        ]
      : []),
    ...(room.diskBytes !== undefined && room.diskBytes < NO_DISK_BYTES
      ? [`${gigabytes(room.diskBytes)} of disk are free in ${info.rootDirectory}`]
      : []),
  ];
  if (warnings.length === 0) return;
  const message = `little room on ${info.name}: ${warnings.join('; ')} (see bdsandbox doctor)`;
  context.report({ type: 'notice', level: 'warning', message });
}

/** Bytes that are free on the engine's disk; undefined where that cannot be told from here. */
export async function freeDisk({ engines, machine = thisMachine }: FlowContext): Promise<number | undefined> {
  return (await machine(await engines.on(engines.home).info()))?.diskBytes;
}

/** undefined when the engine is on another machine than this process, or nothing can be read. */
async function thisMachine({ name, kernel, rootDirectory }: EngineInfo): Promise<Room | undefined> {
  if (name !== hostname() || kernel !== release()) return undefined;
  try {
    const available = /^MemAvailable:\s*(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1];
    if (available === undefined) return undefined;
    const disk = await statfs(rootDirectory).catch(() => undefined);
    return { memoryBytes: Number(available) * 1024, diskBytes: disk && disk.bavail * disk.bsize };
  } catch {
    return undefined;
  }
}

/** All of the memory without what our own sandboxes take; of others nothing is known. */
async function estimate(engine: Engine, { memoryBytes }: EngineInfo): Promise<Room> {
  const containers = await engine.containers.list({ [LABELS.attempt]: '' });
  const running = containers.filter(({ state }) => state === 'running');
  const services = running.reduce((sum, summary) => sum + servicesOf(summary).length, 0);
  return { memoryBytes: Math.max(0, memoryBytes - services * SERVICE_BYTES), diskBytes: undefined };
}

function servicesIn({ nodes }: Plan): number {
  return nodes.reduce((sum, { services }) => sum + services.length, 0);
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

/** Decimal, as disks count: "2.2 GB". */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
