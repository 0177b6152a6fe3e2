import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListedSnapshot, ShownSnapshot, TakenSnapshot } from '../../../src/snapshot/index.js';
import { checkTable, shownSnapshot, snapshotSummary, snapshotTable } from '../../../src/views/index.js';
import { snapshotOf } from '../snapshot/manifests.js';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-01T12:00:00Z'), toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function listed(name: string, more: Partial<ListedSnapshot> = {}): ListedSnapshot {
  const { id, mode, reason, sandbox, owner, host, createdAt, frozenMs, note, parent, origin, trusted } =
    snapshotOf(name);
  const sizes = { layerBytes: 2_000_000, memoryBytes: 40_000_000, evidenceBytes: 300_000, ownBytes: 42_300_000 };
  const facts = { name, id, mode, reason, sandbox, owner, host, createdAt, frozenMs, note, parent, origin, trusted };
  return { ...facts, golden: false, ...sizes, template: 'tiny', nodes: ['node1', 'node2'], ...more };
}

describe('snapshotTable', () => {
  const snapshots = [
    listed('bug', { note: 'region 7 stuck in transition since the second restart of worker2' }),
    listed('bug-later', { parent: { id: 'id-of-bug', name: 'bug' }, sandbox: 'bug-2' }),
    listed('tried', { parent: { id: 'id-of-bug-later', name: 'bug-later' }, mode: 'cold' }),
    listed('orphan', { parent: { id: 'gone', name: 'lost' }, owner: 'bob' }),
  ];
  const sizes = { ownBytes: 169_200_000, baseBytes: 1.2e9, inheritedBytes: 0, totalBytes: 1_369_200_000 };

  it('draws the tree, and cuts the notes first', async () => {
    expect(await snapshotTable({ snapshots, sizes, unreadable: [] }, { width: 110 })).toMatchInlineSnapshot(`
      "NAME              MODE  TEMPLATE  NODES  SANDBOX  OWNER  CREATED  UNIQUE SIZE  NOTE
      bug               live  tiny          2  demo     ann    2 h ago      42.3 MB  region 7 stuck in transition s…
      └─ bug-later      live  tiny          2  bug-2    ann    2 h ago      42.3 MB
         └─ tried       cold  tiny          2  demo     ann    2 h ago      42.3 MB
      orphan (of lost)  live  tiny          2  demo     bob    2 h ago      42.3 MB

      1.4 GB in all: 169 MB unique + 1.2 GB of cluster images below, each counted once."
    `);
  });

  it('says what stands on parents that are not listed', async () => {
    const text = await snapshotTable({ snapshots, sizes: { ...sizes, inheritedBytes: 5_000_000 }, unreadable: [] });
    expect(text.split('\n').at(-1)).toMatchInlineSnapshot(
      `"1.4 GB in all: 169 MB unique + 5.0 MB of parents not listed + 1.2 GB of cluster images below, each counted once."`,
    );
  });

  it('says where those came from that were not taken here, and what is trusted', async () => {
    const mixed = [
      listed('bug'),
      listed('theirs', { origin: 'file', trusted: false }),
      listed('golden-0', { golden: true }),
    ];
    const text = await snapshotTable({ snapshots: mixed, sizes, unreadable: [] }, { width: 120 });
    expect(text).toMatch(/FROM/);
    expect(text).toMatch(/theirs .*file, untrusted/);
    expect(text).toMatch(/golden-0 .*here, golden/);
  });

  it('says what to do when there is none', async () => {
    const none = { snapshots: [], sizes, unreadable: [] };
    expect(await snapshotTable(none)).toBe('No snapshots. Take one: bdsandbox snapshot NAME');
  });

  it('says which ones it cannot read, and why', async () => {
    const reason = 'the manifest of next cannot be read: it has version 2, and this bdsandbox reads version 1';
    const unreadable = [{ name: 'next', id: 'id-of-next', owner: 'ann', host: 'memory', reason }];
    const text = `Not readable here, and not counted:
  the manifest of next cannot be read: it has version 2, and this bdsandbox reads version 1

Update bdsandbox to use them, or remove them: bdsandbox snapshots rm NAME`;
    expect(await snapshotTable({ snapshots: [], sizes, unreadable })).toBe(text);
    const both = await snapshotTable({ snapshots, sizes, unreadable }, { width: 110 });
    expect(both).toMatch(/^NAME/);
    expect(both).toContain(`each counted once.\n\n${text}`);
  });
});

it('shownSnapshot says all that is known', async () => {
  const manifest = snapshotOf('bug', {
    note: 'region 7 stuck',
    mode: 'cold',
    reason: 'CRIU does not run here',
    memory: null,
    parent: { id: 'id-of-before', name: 'before' },
    changes: [
      {
        at: '2026-01-01T09:00:00.000Z',
        what: 'restored',
        by: 'ann',
        sandbox: 'demo',
        snapshot: 'before',
        mode: 'live',
      },
    ],
  });
  const shown: ShownSnapshot = {
    ...manifest,
    ownBytes: 42_300_000,
    services: [
      { node: 'node1', name: 'echo', state: 'ready', detail: 'ok' },
      { node: 'node1', name: 'other', state: 'failed', detail: 'exit code 1' },
      { node: 'node2', name: 'echo', state: 'ready', detail: 'ok' },
    ],
    files: [
      { path: 'node1/jvm/echo.17.threads.txt', size: 12_345 },
      { path: 'about.json', size: 900 },
    ],
    problems: ['node2: views: no end within 15 s'],
  };
  expect(await shownSnapshot(shown, { width: 120 })).toMatchInlineSnapshot(`
    "bug
    mode         cold: CRIU does not run here
    note         region 7 stuck
    taken        2026-01-01T10:00:00.000Z (2 h ago) of demo, which was paused for 2.5 s
    owner        ann
    parent       before
    template     tiny, cluster
    components   tiny 1
    unique size  42.3 MB

    Try next:
      bdsandbox restore bug
      bdsandbox snapshots show bug node1/jvm/echo.17.threads
      bdsandbox collect bug

    Not ready at that moment:
      node1/other failed: exit code 1

    What is missing:
      node2: views: no end within 15 s

    NODE    FILES   MEMORY  SERVICES
    node1  1.0 MB  20.0 MB  echo other
    node2  1.0 MB  20.0 MB  echo

    WHEN                      WHAT      SANDBOX  BY   DETAILS
    2026-01-01T09:00:00.000Z  restored  demo     ann  snapshot before, mode live

       SIZE  FILE OF THE EVIDENCE
      900 B  about.json
    12.3 kB  node1/jvm/echo.17.threads.txt

    ORIGIN
    machine   memory, kernel 6.1.0, x86_64, CRIU 4.2
    id        id-of-bug
    parent    id-of-before
    evidence  2 secrets replaced, sha256:0

    LAYERS  IMAGE                                    DIGEST
    5       bdsandbox/snapshot-node:id-of-bug.node1  sha256:bug.node1
    5       bdsandbox/snapshot-node:id-of-bug.node2  sha256:bug.node2"
  `);
});

it('shownSnapshot counts files by kind where a screen could not hold them', async () => {
  const files = Array.from({ length: 40 }, (_, index) => ({ path: `node1/views/${index}.txt`, size: 1000 }));
  const shown: ShownSnapshot = { ...snapshotOf('bug'), ownBytes: 1, services: [], files, problems: [] };
  expect(await shownSnapshot(shown, { width: 80 })).toContain(
    '   SIZE  FILES  EVIDENCE\n40.0 kB     40  NODE/views\n\nTheir names: bdsandbox snapshots show bug | less',
  );
  expect(await shownSnapshot(shown)).toContain('node1/views/39.txt');
});

describe('snapshotSummary', () => {
  const taken: TakenSnapshot = { ...snapshotOf('bug'), timings: { total: 12_300 } };

  it('says what was kept and what to try', async () => {
    expect(await snapshotSummary(taken)).toMatchInlineSnapshot(`
      "bug was saved in 12.3 s: live, 42.3 MB; demo was paused for 2.5 s and goes on.

      Try next:
        bdsandbox snapshots show bug
        bdsandbox restore bug
        bdsandbox snapshots push bug"
    `);
  });

  it('says why it is cold, and that it has no evidence', async () => {
    const text = await snapshotSummary({ ...taken, mode: 'cold', reason: 'CRIU does not run here', evidence: null });
    expect(text).toContain('Without memory: CRIU does not run here.\nWithout evidence.\n');
    expect(text).not.toContain('snapshots show');
  });
});

it('checkTable puts what to do below', async () => {
  const checks = [
    { name: 'engine', status: 'ok', detail: 'version 20.10.24', hint: '' },
    { name: 'registry', status: 'warning', detail: 'nothing answers', hint: 'bdsandbox registry up' },
  ] as const;
  expect(await checkTable(checks)).toMatchInlineSnapshot(`
    "CHECK     STATUS   DETAIL
    engine    ok       version 20.10.24
    registry  warning  nothing answers

    What to do:
      registry: bdsandbox registry up"
  `);
  expect(await checkTable(checks.slice(0, 1))).not.toContain('What to do');
});
