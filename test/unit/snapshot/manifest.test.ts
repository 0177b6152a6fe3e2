import { describe, expect, test } from 'vitest';
import { FailedError, NotFoundError } from '../../../src/errors/index.js';
import { findSnapshot, findSnapshots } from '../../../src/snapshot/inventory.js';
import { parseManifest, parsePlan } from '../../../src/snapshot/manifest.js';
import { failureOf, newEngine, newScene, plan, take } from './fixture.js';

describe('a manifest', () => {
  test('survives its way through JSON', async () => {
    const { timings: _, origin: __, trusted: ___, ...manifest } = await take((await newScene()).engine);
    expect(parseManifest(JSON.stringify(manifest), 'bug')).toEqual(manifest);
  });

  test('keeps what a later bdsandbox records of changes', async () => {
    const { timings: _, ...manifest } = await take((await newScene()).engine);
    const changes = [{ at: '2026-01-01T00:00:00Z', what: 'x', by: 'ann', sandbox: 'demo', more: [1] }];
    expect(parseManifest(JSON.stringify({ ...manifest, changes }), 'bug').changes).toEqual(changes);
  });

  test.each([
    ['', 'no JSON'],
    ['{}', 'cannot be read'],
    ['{"schemaVersion":2}', 'cannot be read'],
  ])('%j is none, and says what to do', async (text, message) => {
    const error = await failureOf((async () => parseManifest(text, 'bug'))());
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({
      message: expect.stringMatching(`^the manifest of bug cannot be read: .*${message === 'no JSON' ? message : ''}`),
      hint: expect.stringContaining('remove the snapshot'),
    });
  });
});

test('a plan is read without the files, which are in the images', () => {
  const whole = plan(3);
  const written = whole.nodes[0]?.files[0]?.content.toString() ?? '';
  expect(parsePlan(written)).toEqual({ ...whole, nodes: whole.nodes.map((node) => ({ ...node, files: [] })) });
});

describe('found by name', () => {
  test('what is not there is told with what is', async () => {
    const { engine } = await newScene();
    expect(await failureOf(findSnapshot(engine, 'nope'))).toMatchObject({
      message: 'there is no snapshot "nope" on memory',
      hint: expect.stringContaining('snapshots pull nope'),
    });
    await take(engine, { name: 'one' });
    const error = await failureOf(findSnapshot(engine, 'nope'));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ hint: expect.stringMatching(/^there are: one;/) });
  });

  test('the name is the tag’s', async () => {
    const { engine } = await newScene();
    const { id } = await take(engine, { name: 'one' });
    await engine.images.tag('bdsandbox/snapshot:one', 'bdsandbox/snapshot:two');
    expect(await findSnapshot(engine, 'two')).toMatchObject({ id, name: 'two' });
    expect((await findSnapshots(engine)).map(({ name }) => name).sort()).toEqual(['one', 'two']);
  });

  test('an engine without snapshots has none', async () => {
    expect(await findSnapshots(newEngine().engine)).toEqual([]);
  });
});
