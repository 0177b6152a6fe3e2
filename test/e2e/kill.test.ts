import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { OWNER, ok, traces } from './cli.js';
import { TINY } from './tiny.js';

const POINTS = 10;

/** Points of time over a whole create: from its first call to its last. */
describe('a create that is killed', () => {
  let before: Awaited<ReturnType<typeof traces>>;
  let durationMs: number;

  beforeAll(async () => {
    await ok(['images', 'build', 'tiny'], { environment: TINY });
    before = await traces();
    const started = Date.now();
    await ok(['create', 'tiny', 'e2e-kill'], { environment: TINY });
    durationMs = Date.now() - started;
    await ok(['destroy', 'e2e-kill', '--force']);
  });

  for (let point = 0; point < POINTS; point += 1) {
    test(`by SIGINT at point ${point + 1} of ${POINTS}: 130, and the engine is empty at once`, async () => {
      const { code } = await createAndSignal('SIGINT', (durationMs * (point + 0.5)) / POINTS);
      // At the last point it may have been faster than the signal.
      if (code === 0) await ok(['destroy', 'e2e-kill', '--force']);
      else expect(code).toBe(130);
      expect(await traces()).toEqual(before);
    });

    test(`by SIGKILL at point ${point + 1} of ${POINTS}: prune empties the engine`, async () => {
      const { code } = await createAndSignal('SIGKILL', (durationMs * (point + 0.5)) / POINTS);
      // What the engine was asked for in the last moment comes to its end without us.
      await sleep(1000);
      if (code === 0) await ok(['destroy', 'e2e-kill', '--force']);
      await ok(['prune']);
      expect(await traces()).toEqual(before);
    });
  }
});

async function createAndSignal(signal: NodeJS.Signals, afterMs: number): Promise<{ code: number }> {
  const child = spawn(inject('program'), ['create', 'tiny', 'e2e-kill'], {
    stdio: 'ignore',
    env: { ...process.env, BDSANDBOX_OWNER: OWNER, ...TINY },
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await sleep(afterMs);
  child.kill(signal);
  const [code, by] = await ended;
  // A signal in the first moments ends Node itself; a shell says 130 for that too.
  return { code: code ?? 128 + constants.signals[by ?? 'SIGKILL'] };
}
