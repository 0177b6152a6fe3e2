import { setTimeout as sleep } from 'node:timers/promises';
import { runUnattended } from './unattended.js';
import type { MemoryContainer, World } from './world.js';

const NO_SUCH_COMMAND = 127;

/** Runs the health check of a container at its interval until the container's run ends. */
export async function watchHealth(world: World, container: MemoryContainer): Promise<void> {
  const check = container.spec.healthCheck;
  container.health = check ? 'starting' : 'none';
  if (!check) return;
  const killed = container.run.signal;
  const began = Date.now();
  let failures = 0;
  for (;;) {
    // Not a reason for a test run to stay alive.
    await sleep(check.intervalMs, undefined, { signal: killed, ref: false }).catch(() => undefined);
    if (killed.aborted) return;
    if (container.state === 'paused') continue;
    const exitCode = (await runUnattended(world, container, check.command, async () => undefined)) ?? NO_SUCH_COMMAND;
    if (killed.aborted) return;
    if (exitCode === 0) {
      failures = 0;
      container.health = 'healthy';
    } else if (container.health !== 'starting' || Date.now() - began >= check.startPeriodMs) {
      failures += 1;
      if (failures >= check.retries) container.health = 'unhealthy';
    }
  }
}
