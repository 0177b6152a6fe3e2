import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { destroyComplete, ok, pressCtrlC, runAndSignal, traces } from './cli.js';
import { TINY } from './tiny.js';

const POINTS = 10;
/** BDSANDBOX_E2E_INTERRUPTS=100 takes its time. */
const INTERRUPTS = Number(process.env['BDSANDBOX_E2E_INTERRUPTS'] ?? 10);
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
    test(`by SIGKILL at point ${point + 1} of ${POINTS}: prune empties the engine`, async () => {
      await runAndSignal(CREATE, TINY, 'SIGKILL', (durationMs * (point + 0.5)) / POINTS);
      // What the engine was asked for in the last moment comes to its end without us.
      await sleep(1000);
      await ok(['prune']);
      await destroyComplete('e2e-kill');
      expect(await traces()).toEqual(before);
    });
  }

  for (let press = 0; press < INTERRUPTS; press += 1) {
    const way = press % 2 === 0 ? 'as it is' : 'under an old Node';
    test(`by Ctrl-C ${press + 1} of ${INTERRUPTS}, ${way}: 130, and the engine is empty at once`, async () => {
      const { code, by, stderr } = await pressCtrlC(CREATE, TINY, way, durationMs * ((press + 0.5) / INTERRUPTS));
      // At the end it may have been faster than the signal.
      if (code === 0) await ok(['destroy', 'e2e-kill', '--force']);
      else expect(code, stderr).toBe(130);
      if (by !== null) await destroyComplete('e2e-kill');
      // One press is no second one.
      expect(stderr).not.toContain('before everything was undone');
      expect(await traces()).toEqual(before);
    });
  }
});

test('a setting whose writing is killed is the old one or the new one, and nothing else lies around', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-kill-'));
  const environment = { XDG_CONFIG_HOME: folder };
  try {
    await ok(['config', 'set', 'ttl', '1h'], { environment });
    for (let round = 2; round <= 12; round += 1) {
      await runAndSignal(['config', 'set', 'ttl', `${round}h`], environment, 'SIGKILL', 60 + 15 * round);
      expect(await ok(['config', 'get', 'ttl'], { environment })).toMatch(/^\d+h$/);
    }
    await ok(['config', 'set', 'ttl', '20h'], { environment });
    expect(await readdir(path.join(folder, 'bdsandbox'))).toEqual(['config.yaml']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
