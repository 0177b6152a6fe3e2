import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/index.js';
import type { MemoryEngine, MemoryRegistry } from '../../../src/engine/memory/index.js';
import {
  ConflictError,
  EngineFailedError,
  ImageBuildError,
  NotFoundError,
  RegistryError,
  RegistryUnreachableError,
} from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { type ImageRecipe, ImageStore } from '../../../src/images/index.js';
import { engineWithRoot, recordBuilds, withImages } from './engine.js';
import { inBuildOrder, recipeWith } from './folders.js';

const REGISTRY = '127.0.0.1:5000';
const broken = new EngineFailedError('the engine broke', 'mend it');

let recipe: ImageRecipe;
beforeAll(async () => {
  recipe = await recipeWith();
});

describe('ensure', () => {
  it('takes the engine’s own image without asking anybody else', async () => {
    const engine = engineWithRoot().addImage(recipe.reference, { files: { '/a': 'four' } });
    const image = await storeOf(engine).ensure(recipe, ignore);
    expect(image).toEqual({ reference: recipe.reference, origin: 'engine', sizeBytes: 4 });
    expect(engine.callNames).toEqual(['images.inspect']);
  });

  it('takes the registry’s, under the name it has here', async () => {
    const registry = await registryWith(recipe);
    const engine = engineWithRoot({ registry });
    const details: string[] = [];
    const image = await storeOf(engine).ensure(recipe, (detail) => details.push(detail));
    expect(image).toMatchObject({ reference: recipe.reference, origin: 'registry' });
    expect(engine.inventory().images).toEqual([recipe.reference, 'debian:trixie-slim']);
    expect(engine.callNames).not.toContain('images.build');
    expect(details).toEqual([expect.stringMatching(`^pulling ${recipe.reference}: 1 of 1 layers`)]);
  });

  it('else builds it with all it needs, each from its parents', async () => {
    const memory = engineWithRoot();
    const { engine, builds } = recordBuilds(memory);
    const image = await storeOf(engine).ensure(recipe, ignore);
    expect(image).toMatchObject({ reference: recipe.reference, origin: 'built' });
    expect(memory.inventory().images).toEqual([...references(), 'debian:trixie-slim'].sort());
    expect(builds.map(({ reference }) => reference)).toEqual(references());
    const [base, builder, echo, lateEcho] = references();
    expect(builds.map(({ arguments: given }) => given)).toMatchObject([
      { ROOT: 'debian:trixie-slim' },
      { ROOT: 'debian:trixie-slim' },
      { BUILDER: builder, VERSION: '1', SOURCE: 'maven' },
      { BUILDER: builder },
      { BASE: base, STAGE_ECHO: echo, STAGE_LATE_ECHO: lateEcho },
    ]);
    expect(builds.every(({ noCache }) => noCache === false)).toBe(true);
    expect((await memory.images.inspect(recipe.reference))?.labels).toEqual(recipe.labels);
  });

  it('builds only what neither engine nor registry has', async () => {
    const [base, , echo] = inBuildOrder(recipe);
    const registry = echo ? await registryWith(echo) : new Map();
    const { engine, builds } = recordBuilds(engineWithRoot({ registry }).addImage(base?.reference ?? ''));
    await storeOf(engine).ensure(recipe, ignore);
    expect(builds.map(({ reference }) => reference)).not.toContain(base?.reference);
    expect(builds.map(({ reference }) => reference)).not.toContain(echo?.reference);
    expect(builds.at(-1)?.reference).toBe(recipe.reference);
  });

  it.each([
    ['refuses', new RegistryError('no basic auth credentials', 'run bdsandbox registry login'), 1],
    ['does not answer', new RegistryUnreachableError('connection refused', 'start it'), 0],
    ['has nothing', new NotFoundError('manifest unknown', 'push it'), 0],
  ])('builds when the registry %s, and warns of a refusal once', async (_, error, warnings) => {
    const engine = withImages(engineWithRoot(), { pull: () => Promise.reject(error) });
    const events: FlowEvent[] = [];
    const store = storeOf(engine, { report: (event) => events.push(event) });
    expect(await store.ensure(recipe, ignore)).toMatchObject({ origin: 'built' });
    expect(events).toEqual(
      Array.from({ length: warnings }, () => ({
        type: 'notice',
        level: 'warning',
        message: 'no basic auth credentials; building here instead. run bdsandbox registry login',
      })),
    );
  });

  it('does not hide that the engine failed', async () => {
    const engine = withImages(engineWithRoot(), { pull: () => Promise.reject(broken) });
    await expect(storeOf(engine).ensure(recipe, ignore)).rejects.toBe(broken);
  });

  it('stops with the reason of an interrupt, whatever the pull says', async () => {
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const memory = engineWithRoot();
    const engine = withImages(memory, {
      pull: () => {
        interrupt.abort(reason);
        return Promise.reject(new RegistryError('denied', 'log in'));
      },
    });
    const events: FlowEvent[] = [];
    const store = storeOf(engine, { signal: interrupt.signal, report: (event) => events.push(event) });
    await expect(store.ensure(recipe, ignore)).rejects.toBe(reason);
    expect(events).toEqual([]);
    expect(memory.callNames).not.toContain('images.build');
  });
});

describe('build', () => {
  it('leaves an image that is there', async () => {
    const engine = engineWithRoot();
    await storeOf(engine).build(recipe, ignore);
    const { engine: again, builds } = recordBuilds(engine);
    expect(await storeOf(again).build(recipe, ignore)).toMatchObject({ origin: 'engine' });
    expect(builds).toEqual([]);
  });

  it('with noCache builds all again, without the registry and the engine’s cache', async () => {
    const memory = engineWithRoot({ registry: await registryWith(recipe) });
    await storeOf(memory).build(recipe, ignore);
    const before = await memory.images.inspect(recipe.reference);
    const pulls = memory.callNames.filter((name) => name === 'images.pull').length;
    const { engine, builds } = recordBuilds(memory);
    expect(await storeOf(engine).build(recipe, ignore, { noCache: true })).toMatchObject({ origin: 'built' });
    expect(builds.map(({ reference, noCache }) => [reference, noCache])).toEqual(references().map((r) => [r, true]));
    expect(memory.callNames.filter((name) => name === 'images.pull')).toHaveLength(pulls);
    expect((await memory.images.inspect(recipe.reference))?.id).not.toBe(before?.id);
  });

  it('removes the stages that builds leave, but for one that is in use', async () => {
    const engine = engineWithRoot()
      .addImage('stage:1', { labels: { 'bdsandbox.image': 'stage' } })
      .addImage('stage:used', { labels: { 'bdsandbox.image': 'stage' } });
    await engine.containers.create({ name: 'user', image: 'stage:used', hostname: 'u', labels: {}, environment: {} });
    await storeOf(engine).build(recipe, ignore);
    expect(engine.inventory().images.filter((name) => name.startsWith('stage'))).toEqual(['stage:used']);
  });

  it('says which image it is busy with', async () => {
    const details: string[] = [];
    await storeOf(engineWithRoot()).build(recipe, (detail) => details.push(detail));
    const names = new Set(details.flatMap((detail) => /^(.*) image: step/.exec(detail)?.[1] ?? []));
    expect([...names]).toEqual(['base', 'builder', 'echo', 'late-echo', 'echoes']);
  });

  it('stops at the first build that fails', async () => {
    const engine = engineWithRoot();
    const failing = await recipeWith({ files: { 'components/echo/Dockerfile': 'FROM nothing-there\n' } });
    await expect(storeOf(engine).build(failing, ignore)).rejects.toThrow(ImageBuildError);
    expect(engine.inventory().images.some((name) => name.startsWith('bdsandbox/component-'))).toBe(false);
  });

  it('goes no further after an interrupt', async () => {
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const memory = engineWithRoot();
    const { engine, builds } = recordBuilds(memory);
    memory.beforeCall = ({ name }) => {
      if (name === 'images.build') interrupt.abort(reason);
    };
    await expect(storeOf(engine, { signal: interrupt.signal }).build(recipe, ignore)).rejects.toBe(reason);
    expect(builds).toHaveLength(1);
  });
});

describe('push and pull', () => {
  it('carry an image from engine to engine and leave no name of the registry on either', async () => {
    const registry: MemoryRegistry = new Map();
    const [one, other] = [engineWithRoot({ registry }), engineWithRoot({ registry })];
    one.addImage(recipe.reference, { labels: { from: 'one' } });
    await storeOf(one).push(recipe.reference, ignore);
    expect([...registry.keys()]).toEqual([`${REGISTRY}/${recipe.reference}`]);
    expect(remoteNames(one)).toEqual([]);
    const pulled = await storeOf(other).pull(recipe.reference, ignore);
    expect(pulled).toMatchObject({ references: [recipe.reference], labels: { from: 'one' } });
    expect(remoteNames(other)).toEqual([]);
  });

  it.each(['before', 'after'] as const)('a push that fails at any call (%s it took effect)', async (moment) => {
    let failures = 0;
    for (let n = 1; n <= 4; n += 1) {
      const engine = engineWithRoot().addImage(recipe.reference).failAtCall(n, broken, moment);
      const outcome = await storeOf(engine)
        .push(recipe.reference, ignore)
        .catch((error: unknown) => error);
      if (outcome === broken) failures += 1;
      // Only when the engine refuses to take the name away does it stay.
      const stays = engine.callNames[n - 1] === 'images.remove' && moment === 'before';
      expect(remoteNames(engine), `call ${n}`).toHaveLength(stays ? 1 : 0);
      expect(engine.inventory().images).toContain(recipe.reference);
    }
    expect(failures).toBe(4);
  });

  it.each([
    [2, 'before'],
    [2, 'after'],
  ] as const)('a pull whose call %i fails (%s it took effect)', async (n, moment) => {
    const engine = engineWithRoot({ registry: await registryWith(recipe) }).failAtCall(n, broken, moment);
    await expect(storeOf(engine).pull(recipe.reference, ignore)).rejects.toBe(broken);
    expect(engine.callNames[n - 1]).toBe('images.tag');
    expect(remoteNames(engine)).toEqual([]);
  });

  it('of what is not there', async () => {
    const engine = engineWithRoot();
    await expect(storeOf(engine).push(recipe.reference, ignore)).rejects.toThrow(NotFoundError);
    await expect(storeOf(engine).pull(recipe.reference, ignore)).rejects.toThrow(NotFoundError);
    expect(engine.inventory().images).toEqual(['debian:trixie-slim']);
  });
});

describe('list and remove', () => {
  it('list our images only, newest first', async () => {
    let day = 1;
    const now = () => new Date(`2026-01-0${day}T00:00:00Z`);
    const engine = engineWithRoot({ now });
    const labels = { 'bdsandbox.image': 'cluster' };
    for (const name of ['bdsandbox/old:1', 'bdsandbox/new:1', 'theirs/copy:1']) {
      engine.addImage(name, { labels });
      day += 1;
    }
    const listed = await storeOf(engine).list();
    expect(listed.flatMap(({ references: names }) => names)).toEqual(['bdsandbox/new:1', 'bdsandbox/old:1']);
  });

  it('remove an image, but not one that is used or not there', async () => {
    const engine = engineWithRoot().addImage('bdsandbox/free:1').addImage('bdsandbox/used:1');
    const image = 'bdsandbox/used:1';
    await engine.containers.create({ name: 'user', image, hostname: 'u', labels: {}, environment: {} });
    await storeOf(engine).remove('bdsandbox/free:1');
    await expect(storeOf(engine).remove('bdsandbox/free:1')).rejects.toThrow(NotFoundError);
    await expect(storeOf(engine).remove(image)).rejects.toThrow(ConflictError);
    expect(engine.inventory().images).toEqual([image, 'debian:trixie-slim']);
  });
});

const ignore = (): void => undefined;

function storeOf(engine: Engine, more: Partial<ConstructorParameters<typeof ImageStore>[0]> = {}): ImageStore {
  return new ImageStore({ engine, registry: REGISTRY, report: ignore, ...more });
}

function references(): string[] {
  return inBuildOrder(recipe).map(({ reference }) => reference);
}

/** A registry where another engine has pushed this image. */
async function registryWith({ reference }: ImageRecipe): Promise<MemoryRegistry> {
  const registry: MemoryRegistry = new Map();
  const engine = engineWithRoot({ registry }).addImage(reference);
  await storeOf(engine).push(reference, ignore);
  return registry;
}

function remoteNames(engine: MemoryEngine): string[] {
  return engine.inventory().images.filter((name) => name.startsWith(REGISTRY));
}
