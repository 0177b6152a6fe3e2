import { describe, expect, test } from 'vitest';
import { sandboxesOf } from '../../../src/complete/names.js';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { ConflictError, EngineFailedError, NotFoundError, UsageError } from '../../../src/errors/index.js';
import {
  createSandbox,
  destroySandboxes,
  type FlowContext,
  findSandbox,
  findSandboxes,
  prune,
  readRecord,
  renameSandbox,
  selectSandboxes,
} from '../../../src/sandbox/index.js';
import { create, newEngine, restore, take } from '../snapshot/fixture.js';
import { contextOf, request, tinyEngine } from './fixture.js';

const broken = new EngineFailedError('the engine broke', 'mend it');

async function made(...names: string[]): Promise<{ engine: MemoryEngine; context: FlowContext }> {
  const engine = tinyEngine();
  const context = contextOf(engine);
  for (const name of names.length > 0 ? names : ['demo']) await createSandbox(context, request({ name }));
  return { engine, context };
}

async function rename(context: FlowContext, from: string, to: string): Promise<void> {
  await renameSandbox(context, await findSandbox(context.engines, from, 'ann'), to);
}

const names = async ({ engines }: FlowContext): Promise<string[]> =>
  (await findSandboxes(engines)).map(({ sandbox }) => sandbox.name).sort();

const containersOf = (name: string): string[] => [`bds.${name}`, `bds.${name}.node2`, `bds.${name}.node3`];

/** A rename whose process ends after its n-th rename of a container. */
async function killed(engine: MemoryEngine, context: FlowContext, after: number): Promise<void> {
  const reached = Promise.withResolvers<void>();
  let count = 0;
  engine.beforeCall = ({ name }) => {
    if (name !== 'containers.rename') return;
    count += 1;
    if (count <= after) return;
    reached.resolve();
    return new Promise<void>(() => undefined);
  };
  void rename(context, 'demo', 'other');
  await reached.promise;
  engine.beforeCall = undefined;
}

describe('a rename', () => {
  test('is of all containers, and of everything that finds the sandbox', async () => {
    const { engine, context } = await made();
    const before = await findSandbox(context.engines, 'demo', 'ann');
    await rename(context, 'demo', 'other');
    const after = await findSandbox(context.engines, 'other', 'ann');
    expect(engine.inventory().containers).toEqual(containersOf('other'));
    expect(after.attempt).toBe(before.attempt);
    expect(after.sandbox.nodes.map(({ name }) => name)).toEqual(['node1', 'node2', 'node3']);
    expect(after.sandbox.nodes.map(({ container }) => container)).toEqual(containersOf('other'));
    expect((await sandboxesOf(engine, 'ann')).map(({ name }) => name)).toEqual(['other']);
    expect((await readRecord(engine, 'bds.other')).changes.at(-1)).toMatchObject({
      what: 'renamed',
      sandbox: 'other',
      from: 'demo',
      by: 'ann',
    });
    await destroySandboxes(context.engines, [after], context.report);
    expect(engine.inventory()).toMatchObject({ containers: [], networks: expect.not.arrayContaining([/^bds/]) });
    expect(engine.inventory().volumes).toEqual([]);
  });

  test.each(['stop', 'pause'] as const)('of one that is after %s', async (act) => {
    const { engine, context } = await made();
    for (const name of containersOf('demo')) {
      await (act === 'stop' ? engine.containers.stop(name, { graceMs: 0 }) : engine.containers.pause(name));
    }
    await rename(context, 'demo', 'other');
    expect((await findSandbox(context.engines, 'other', 'ann')).sandbox.state).toBe('stopped');
    expect(engine.inventory().containers).toEqual(containersOf('other'));
  });

  test('gives the old name free, and back', async () => {
    const { context } = await made();
    await rename(context, 'demo', 'other');
    await createSandbox(context, request({ name: 'demo' }));
    expect(await names(context)).toEqual(['demo', 'other']);
    await rename(context, 'demo', 'third');
    await rename(context, 'other', 'demo');
    expect(await names(context)).toEqual(['demo', 'third']);
  });

  test('who asks for the old name hears the new one', async () => {
    const { context } = await made();
    await rename(context, 'demo', 'other');
    const hint = 'it was renamed, to other';
    await expect(findSandbox(context.engines, 'demo', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND', hint });
    const selection = { which: { names: ['demo'] }, user: 'ann', owner: 'ann', force: false, command: 'stop' };
    await expect(selectSandboxes(context.engines, selection)).rejects.toMatchObject({ code: 'NOT_FOUND', hint });
  });

  test('keeps snapshots right: what was taken before and after, and copies', async () => {
    const { engine, nodes } = newEngine();
    await create(engine);
    const context = contextOf(engine);
    expect(await take(engine, { name: 'before' })).toMatchObject({ sandbox: 'demo' });
    await rename(context, 'demo', 'other');
    const after = await take(engine, { name: 'after', of: 'other' });
    expect(after).toMatchObject({ sandbox: 'other', mode: 'live' });
    // The memory is where the nodes write it, in the volume that was made with the sandbox.
    expect(engine.inventory().volumes).toContain(after.memory?.volume);
    expect(after.changes.map(({ what, sandbox }) => `${what} ${sandbox}`)).toEqual([
      'created demo',
      'snapshot taken demo',
      'renamed other',
    ]);
    const copy = await restore(engine, after, { name: 'copy' });
    expect(copy).toMatchObject({ parentSnapshot: 'after', mode: 'live' });
    await rename(context, 'copy', 'copied');
    const again = await take(engine, { name: 'again', of: 'copied' });
    expect(again).toMatchObject({ sandbox: 'copied', parent: { name: 'after' } });
    nodes.expectFree();
  });
});

describe('refused', () => {
  test.each<[string, string, string, typeof UsageError | typeof ConflictError]>([
    ['no name', 'demo', 'Not a name', UsageError],
    ['its own name', 'demo', 'demo', UsageError],
    ['another’s name', 'demo', 'other', ConflictError],
  ])('%s', async (_, from, to, expected) => {
    const { engine, context } = await made('demo', 'other');
    const before = engine.inventory();
    const failed = rename(context, from, to);
    await expect(failed).rejects.toThrow(expected);
    await expect(failed).rejects.toMatchObject({ hint: expect.stringMatching(/\w/) });
    expect(engine.inventory()).toEqual(before);
  });

  test('by the engine, when another create is a moment faster', async () => {
    const { engine, context } = await made();
    engine.beforeCall = async ({ name }) => {
      if (name !== 'containers.rename') return;
      engine.beforeCall = undefined;
      await createSandbox(context, request({ name: 'other' }));
    };
    await expect(rename(context, 'demo', 'other')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'there is a sandbox other already',
    });
    expect(await names(context)).toEqual(['demo', 'other']);
    expect(engine.inventory().containers).toEqual([...containersOf('demo'), ...containersOf('other')]);
  });

  test('of two that want one name one gets it', async () => {
    const { engine, context } = await made('demo', 'other');
    const results = await Promise.allSettled(['demo', 'other'].map((from) => rename(context, from, 'new')));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [stayed = ''] = (await names(context)).filter((name) => name !== 'new');
    expect(engine.inventory().containers).toEqual([...containersOf(stayed), ...containersOf('new')].sort());
  });

  test('without its first node', async () => {
    const { engine, context } = await made();
    await engine.containers.remove('bds.demo');
    await expect(rename(context, 'demo', 'other')).rejects.toThrow(ConflictError);
    expect(await names(context)).toEqual(['demo']);
  });
});

describe('a rename that does not come to its end', () => {
  test.each(['before', 'after'] as const)('a call that fails %s it was done takes all back', async (moment) => {
    const whole = await made();
    const start = whole.engine.callCount;
    await rename(whole.context, 'demo', 'other');
    // The last one writes the record, and is not missed.
    for (let n = start + 1; n < whole.engine.callCount; n += 1) {
      const { engine, context } = await made();
      engine.failAtCall(n, broken, moment);
      await expect(rename(context, 'demo', 'other'), `call ${n}`).rejects.toThrow('the engine broke');
      expect(engine.inventory().containers, `call ${n}`).toEqual(containersOf('demo'));
    }
  });

  test.each([1, 2])('killed after %i of three containers it has the new name, and prune finishes it', async (after) => {
    const { engine, context } = await made();
    await killed(engine, context, after);
    expect(await names(context)).toEqual(['other']);
    expect(engine.inventory().containers).not.toEqual(containersOf('other'));
    expect(await prune(context.engines)).toEqual({ halfMade: [], orphans: [], renamed: ['other'] });
    expect(engine.inventory().containers).toEqual(containersOf('other'));
    expect(await prune(context.engines)).toMatchObject({ renamed: [] });
  });

  test('a create of the old name finishes it, and so does another rename', async () => {
    const one = await made();
    await killed(one.engine, one.context, 1);
    await createSandbox(one.context, request({ name: 'demo' }));
    expect(one.engine.inventory().containers).toEqual([...containersOf('demo'), ...containersOf('other')]);
    const two = await made('demo', 'third');
    await killed(two.engine, two.context, 1);
    await rename(two.context, 'third', 'demo');
    expect(two.engine.inventory().containers).toEqual([...containersOf('demo'), ...containersOf('other')]);
  });

  test('prune does not fail for a name that something else has', async () => {
    const { engine, context } = await made();
    await killed(engine, context, 1);
    await engine.containers.create({
      name: 'bds.other.node2',
      image: 'bdsandbox/tiny:1',
      hostname: 'x',
      labels: {},
      environment: {},
    });
    await prune(context.engines);
    expect(await names(context)).toEqual(['other']);
  });

  test('and a sandbox that is gone is not there', async () => {
    const { engine, context } = await made();
    const record = await findSandbox(context.engines, 'demo', 'ann');
    await destroySandboxes(context.engines, [record], context.report);
    await expect(renameSandbox(contextOf(engine), record, 'other')).rejects.toThrow(NotFoundError);
  });
});
