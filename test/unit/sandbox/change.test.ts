import { expect, test } from 'vitest';
import { changeFile, PLAN_FILE, readRecord } from '../../../src/sandbox/index.js';
import { tinyEngine } from './fixture.js';

const sandbox = { owner: 'ann', name: 'demo', createdAt: '2026-01-01T00:00:00.000Z' };

test('changes are read in the order of time, from a container that was never started', async () => {
  const { engine, id } = await container();
  await engine.containers.writeFiles(id, [
    changeFile({ what: 'snapshot taken', snapshot: 'bug' }, sandbox, '2026-01-02T00:00:00.000Z'),
    changeFile({ what: 'created', settings: [] }, sandbox),
  ]);
  expect((await readRecord(engine, id)).changes).toEqual([
    { at: '2026-01-01T00:00:00.000Z', what: 'created', by: 'ann', sandbox: 'demo', settings: [] },
    { at: '2026-01-02T00:00:00.000Z', what: 'snapshot taken', by: 'ann', sandbox: 'demo', snapshot: 'bug' },
  ]);
});

test.each(['', 'no JSON', 'null', '[]', '{"at":1,"what":"x","by":"ann","sandbox":"demo"}', '{"at":"2026"}'])(
  'a file with %j is none',
  async (content) => {
    const { engine, id } = await container();
    await engine.containers.writeFiles(id, [
      { path: '/etc/bdsandbox/changes/strange.json', content },
      changeFile({ what: 'created' }, sandbox),
    ]);
    expect((await readRecord(engine, id)).changes.map(({ what }) => what)).toEqual(['created']);
  },
);

test('an archive that breaks off is an error, not the end', async () => {
  const { engine, id } = await container();
  await engine.containers.writeFiles(id, [changeFile({ what: 'created' }, sandbox)]);
  const read = engine.containers.readArchive.bind(engine.containers);
  Object.assign(engine.containers, {
    readArchive: async (container: string, path: string) => {
      const archive = await read(container, path);
      archive.once('data', () => archive.destroy(new Error('connection lost')));
      return archive;
    },
  });
  await expect(readRecord(engine, id)).rejects.toThrow();
});

test('the plan comes along; other files do not matter', async () => {
  const { engine, id } = await container();
  await engine.containers.writeFiles(id, [
    changeFile({ what: 'created' }, sandbox),
    { path: '/etc/bdsandbox/planned/changes/plan.json', content: 'no' },
  ]);
  expect(await readRecord(engine, id)).toMatchObject({ plan: undefined, changes: [{ what: 'created' }] });
  await engine.containers.writeFiles(id, [{ path: PLAN_FILE, content: '{}' }]);
  expect((await readRecord(engine, id)).plan).toBe('{}');
});

test('what was made to fill the memory of whoever reads it is left out', async () => {
  const { engine, id } = await container();
  const large = Buffer.alloc((16 << 20) + 1, ' ');
  await engine.containers.writeFiles(id, [
    changeFile({ what: 'created' }, sandbox),
    { path: PLAN_FILE, content: large },
    { path: '/etc/bdsandbox/changes/large.json', content: large },
  ]);
  expect(await readRecord(engine, id)).toMatchObject({ plan: undefined, changes: [{ what: 'created' }] });
});

async function container(): Promise<{ engine: ReturnType<typeof tinyEngine>; id: string }> {
  const engine = tinyEngine();
  const image = 'bdsandbox/tiny:1';
  return {
    engine,
    id: await engine.containers.create({ name: 'n', image, hostname: 'n', labels: {}, environment: {} }),
  };
}
