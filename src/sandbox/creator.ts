import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who makes a sandbox, as "HOSTNAME:PID:START". START is the process's start time in clock ticks since boot
 * (proc_pid_stat(5), field 22), because a PID alone is used again.
 */
export function thisCreator(): string {
  return `${hostname()}:${process.pid}:${startTime(process.pid) ?? '0'}`;
}

/** `unknown` for a process of another machine. */
export function creatorState(creator: string): 'alive' | 'dead' | 'unknown' {
  const match = /^(.*):(\d+):(\d+)$/.exec(creator);
  if (!match?.[2] || match[1] !== hostname()) return 'unknown';
  const pid = Number(match[2]);
  const started = startTime(pid);
  if (started !== undefined) return started === match[3] ? 'alive' : 'dead';
  return process.platform === 'linux' || !isRunning(pid) ? 'dead' : 'alive';
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, field 2, may hold spaces and brackets: count from its closing one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
