import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { destroyComplete, ok, runAndSignal, traces } from './cli.js';
import { TINY } from './tiny.js';

const POINTS = 10;
const CREATE = ['create', 'tiny', 'e2e-kill'];

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
      const { code, by } = await runAndSignal(CREATE, TINY, 'SIGINT', (durationMs * (point + 0.5)) / POINTS);
      // At the last point it may have been faster than the signal.
      if (code === 0) await ok(['destroy', 'e2e-kill', '--force']);
      else expect(code).toBe(130);
      if (by !== null) await destroyComplete('e2e-kill');
      expect(await traces()).toEqual(before);
    });

    test(`by SIGKILL at point ${point + 1} of ${POINTS}: prune empties the engine`, async () => {
      await runAndSignal(CREATE, TINY, 'SIGKILL', (durationMs * (point + 0.5)) / POINTS);
      // What the engine was asked for in the last moment comes to its end without us.
      await sleep(1000);
      await ok(['prune']);
      await destroyComplete('e2e-kill');
      expect(await traces()).toEqual(before);
    });
  }
});
