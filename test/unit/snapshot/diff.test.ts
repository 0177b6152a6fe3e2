import { expect, it } from 'vitest';
import { MemoryEngine } from '../../../src/engine/memory/index.js';
import { type DiffSide, diffSnapshots, type Manifest, openEvidence } from '../../../src/snapshot/index.js';
import { snapshotDifference } from '../../../src/views/index.js';
import type { Files } from '../evidence/tars.js';
import { addSnapshot } from './engine.js';
import { manifestOf } from './manifests.js';

const FILES: Files = {
  'about.json': '{}',
  'node1/config/etc/tiny/tiny.properties': 'speed=1\n',
  'node1/views/services.json': '[{"name":"echo","state":"ready","detail":"ok"}]',
  'node1/logs/echo.log': 'one\n',
};

async function side(name: string, more: Partial<Manifest> = {}, files: Files = FILES): Promise<DiffSide> {
  const engine = new MemoryEngine();
  const snapshot = await addSnapshot(engine, name, { ...more, files });
  return { snapshot, evidence: await openEvidence(engine, snapshot) };
}

it('finds no difference between two of the same', async () => {
  const difference = await diffSnapshots(await side('a'), await side('b', { host: 'elsewhere', note: 'other' }));
  expect(difference).toMatchObject({ equal: true, manifest: [], changes: { onlyA: [], onlyB: [] } });
  expect(snapshotDifference(difference)).toBe(
    'a and b do not differ in versions, settings, config, files or services.',
  );
});

it('tells versions, settings, nodes, mode, config, services, files and changes', async () => {
  const { plan, changes } = manifestOf('b');
  const change = {
    at: '2026-01-01T09:30:00.000Z',
    what: 'service stopped',
    by: 'ann',
    sandbox: 'demo',
    service: 'echo',
  };
  const other = await side(
    'b',
    {
      mode: 'cold',
      plan: {
        ...plan,
        components: [{ name: 'tiny', version: '2' }],
        settings: ['tiny.properties:speed=2=3'],
        nodes: plan.nodes.slice(0, 1),
      },
      changes: [...changes, change],
    },
    {
      'about.json': '{}',
      'node1/config/etc/tiny/tiny.properties': 'speed=2\n',
      'node1/views/services.json': '[{"name":"echo","state":"failed","detail":"exit code 1"}]',
      'node1/logs/hs_err_pid1.log': 'crash\n',
    },
  );
  const difference = await diffSnapshots(await side('a'), other);
  expect(difference.equal).toBe(false);
  expect(snapshotDifference(difference)).toMatchInlineSnapshot(`
    "a → b

      mode: live → cold
      version of tiny: 1 → 2
      node node2: echo → none
      setting tiny.properties:speed: none → 2=3

    node1
      echo: ready (ok) → failed (exit code 1)
      config/etc/tiny/tiny.properties: speed: 1 → 2
      only in a: logs/echo.log
      only in b: logs/hs_err_pid1.log

    done in b only
      2026-01-01T09:30:00.000Z demo: service stopped service echo"
  `);
});

it('says once what is the same on several nodes', async () => {
  const onNodes = (speed: number, extra: Files = {}): Files => ({
    'about.json': '{}',
    ...Object.fromEntries(
      ['node1', 'node2', 'node3'].flatMap((node) => [
        [`${node}/config/etc/tiny/tiny.properties`, `speed=${speed}\n`],
        [`${node}/config/etc/tiny/text`, `${speed}\n`],
      ]),
    ),
    ...extra,
  });
  const other = onNodes(2, { 'node2/logs/new.log': '', 'node3/logs/new.log': '' });
  const difference = await diffSnapshots(await side('a', {}, onNodes(1)), await side('b', {}, other));
  expect(snapshotDifference(difference)).toMatchInlineSnapshot(`
    "a → b

    on all 3 nodes
      config/etc/tiny/tiny.properties: speed: 1 → 2
      config/etc/tiny/text:
        --- a/config/etc/tiny/text
        +++ b/config/etc/tiny/text
        @@ -1,1 +1,1 @@
        -1
        +2

    node2, node3
      only in b: logs/new.log"
  `);
});

it('compares the manifests where there is no evidence', async () => {
  const difference = await diffSnapshots(await side('a', { evidence: null, mode: 'cold' }), await side('b'));
  expect(difference).toMatchObject({
    equal: false,
    evidence: null,
    manifest: [{ name: 'mode', a: 'cold', b: 'live' }],
  });
  expect(snapshotDifference(difference)).toContain('No evidence of both');
});
