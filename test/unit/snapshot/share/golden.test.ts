import { describe, expect, test } from 'vitest';
import type { MemoryRegistry } from '../../../../src/engine/memory/index.js';
import { findGolden, goldenName, keyOf } from '../../../../src/snapshot/golden/find.js';
import { findSnapshots, pullSnapshot, pushSnapshot } from '../../../../src/snapshot/index.js';
import { recipe, tinyPlan } from '../../sandbox/fixture.js';
import { contextOf, putSnapshot, REGISTRY, shareEngine } from './fixture.js';

const WANTED = { plan: tinyPlan(2), image: recipe, registry: REGISTRY };

/** A machine that has the image and no golden, and a registry with a golden for it. */
async function scene(more: { readonly golden?: string } = {}) {
  const registry: MemoryRegistry = new Map();
  const engine = shareEngine(registry).addImage(recipe.reference);
  const image = await engine.images.inspect(recipe.reference);
  const key = keyOf(image?.id ?? '', WANTED.plan.digest, (await engine.info()).kernel);
  const source = shareEngine(registry);
  const golden = await putSnapshot(source, goldenName(key), { golden: more.golden ?? key });
  await pushSnapshot(contextOf(source), golden, { registry: REGISTRY, force: false });
  return { engine, key, name: golden.name };
}

describe('a golden in a registry', () => {
  test('is what create begins with, where the registry is trusted for that', async () => {
    const { engine, key } = await scene();
    const { found } = await findGolden(contextOf(engine), { ...WANTED, trustsGoldens: true });
    expect(found).toMatchObject({ origin: 'registry', golden: { golden: key, origin: 'registry', trusted: true } });
  });

  test('is not even asked for elsewhere', async () => {
    const { engine } = await scene();
    expect((await findGolden(contextOf(engine), { ...WANTED, trustsGoldens: false })).found).toBeUndefined();
    expect(engine.callNames).not.toContain('images.pull');
  });

  test('is refused when it is of another cluster than its name says', async () => {
    const { engine } = await scene({ golden: 'b'.repeat(64) });
    expect((await findGolden(contextOf(engine), { ...WANTED, trustsGoldens: true })).found).toBeUndefined();
    expect(await findSnapshots(engine)).toEqual([]);
  });

  test('comes by no other way: not when a user pulls it, nor under another name', async () => {
    const { engine, name } = await scene();
    for (const as of [undefined, 'mine']) {
      await expect(
        pullSnapshot(contextOf(engine), { name, as, registry: REGISTRY, trusted: true }),
      ).rejects.toMatchObject({
        code: 'FAILED',
        message: expect.stringMatching(/golden/),
        hint: expect.stringContaining('images warm'),
      });
    }
    expect(await findSnapshots(engine)).toEqual([]);
  });
});

test('no snapshot arrives under a name that goldens have', async () => {
  const registry: MemoryRegistry = new Map();
  const source = shareEngine(registry);
  await pushSnapshot(contextOf(source), await putSnapshot(source, 'bug'), { registry: REGISTRY, force: false });
  const pull = { name: 'bug', as: `golden-${'a'.repeat(12)}`, registry: REGISTRY };
  await expect(pullSnapshot(contextOf(shareEngine(registry)), pull)).rejects.toMatchObject({ code: 'FAILED' });
});
