import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { readEvidence } from '../../../src/evidence/index.js';
import { createSandbox, findSandbox } from '../../../src/sandbox/index.js';
import { collectEvidence, mustBeNew } from '../../../src/snapshot/index.js';
import { newFolder, tarOf } from '../evidence/tars.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';

const SCRIPT = '/usr/lib/bdsandbox/evidence';

/** Three nodes that answer, each with a plan. */
async function sandbox(): Promise<MemoryEngine> {
  const engine = tinyEngine()
    .when([SCRIPT, 'views'], async ({ stdout }) => {
      await stdout(await tarOf({ './processes.txt': 'ps\n', './problems.txt': 'disk.txt: empty\n' }));
    })
    .when([SCRIPT, 'files'], async ({ stdout }) => {
      await stdout(await tarOf({ 'etc/tiny/a.env': 'password=geheim\n', 'var/log/bdsandbox/echo.log': 'one\n' }));
    });
  const { nodes, ...plan } = tinyPlan();
  const content = JSON.stringify({ ...plan, nodes: nodes.map((node) => ({ ...node, files: [] })) });
  const files = [{ path: '/etc/bdsandbox/plan.json', content, mode: 0o644 }];
  await createSandbox(
    contextOf(engine),
    request({ plan: { ...plan, nodes: nodes.map((node) => ({ ...node, files })) } }),
  );
  return engine;
}

async function collect(engine: MemoryEngine, redact = true) {
  await using folder = await newFolder();
  const context = contextOf(engine);
  const record = await findSandbox(context.engines, 'demo', 'ann');
  const target = join(folder.path, 'demo.tar.zst');
  const collected = await collectEvidence(context, record, { target, redact });
  expect(await readdir(folder.path)).toEqual(['demo.tar.zst']);
  const evidence = await readEvidence(Readable.from([await readFile(target)]));
  return { collected, evidence, paths: evidence.entries.map(({ path }) => path) };
}

describe('collectEvidence', () => {
  it('has views and files of every node, what was done, and the sandbox', async () => {
    const { collected, evidence, paths } = await collect(await sandbox());
    expect(evidence.nodes).toEqual(['node1', 'node2', 'node3']);
    expect(paths).toEqual(expect.arrayContaining(['node3/views/processes.txt', 'node2/logs/echo.log']));
    expect(evidence.text('node1/config/etc/tiny/a.env')).toBe('password=<redacted>\n');
    expect(evidence.about).toMatchObject({
      kind: 'collected',
      components: [{ name: 'tiny', version: '1' }],
      sandbox: { name: 'demo', nodes: [{ services: [{ name: 'echo', state: 'ready' }] }, {}, {}] },
    });
    expect(evidence.text('events.jsonl')).toContain('"what":"created"');
    expect(collected).toMatchObject({ redacted: 3, problems: [] });
  });

  it('leaves secrets where that is asked for', async () => {
    const { evidence } = await collect(await sandbox(), false);
    expect(evidence.text('node1/config/etc/tiny/a.env')).toBe('password=geheim\n');
  });

  it('has the files of a node that does not run, and names one that is gone', async () => {
    const engine = await sandbox();
    await engine.containers.writeFiles('bds.demo.node2', [{ path: '/var/log/bdsandbox/echo.log', content: 'dying\n' }]);
    engine.die('bds.demo.node2');
    await engine.containers.remove('bds.demo.node3');
    const { collected, evidence, paths } = await collect(engine);
    expect(evidence.text('node2/logs/echo.log')).toBe('dying\n');
    expect(paths.some((path) => path.startsWith('node2/views'))).toBe(false);
    expect(collected.problems).toEqual([
      'node2: it is stopped: what only a running node can say is missing',
      'node3: its container is gone',
    ]);
    expect(evidence.text('problems.txt')).toContain('node3: its container is gone');
  });

  it('takes the files from outside of a node that cannot run commands', async () => {
    const engine = await sandbox();
    engine.when([SCRIPT], () => 126);
    const { collected, evidence } = await collect(engine);
    expect(collected.problems[0]).toBe("node1: views: the node's image is too old to give evidence");
    expect(evidence.text('node1/bdsandbox/plan.json')).toContain('"template":"tiny"');
  });

  it('says what is missing where even the plan is gone', async () => {
    const engine = await sandbox();
    for (const name of ['bds.demo', 'bds.demo.node2', 'bds.demo.node3']) {
      await engine.containers.writeFiles(name, [{ path: '/etc/bdsandbox/plan.json', content: '{' }]);
      engine.die(name);
    }
    const { collected } = await collect(engine);
    expect(collected.problems).toHaveLength(6);
  });

  it('leaves nothing half written when it is interrupted', async () => {
    const engine = await sandbox();
    const stop = new AbortController();
    const context = contextOf(engine, { signal: stop.signal });
    const record = await findSandbox(context.engines, 'demo', 'ann');
    engine.when([SCRIPT, 'files'], async () => {
      stop.abort(new Error('stopped'));
      await new Promise(() => undefined);
    });
    await using folder = await newFolder();
    const target = join(folder.path, 'demo.tar.zst');
    await expect(collectEvidence(context, record, { target, redact: true })).rejects.toThrow('stopped');
    expect(await readdir(folder.path)).toEqual([]);
  });
});

it('mustBeNew refuses what is there, and a folder that is not', async () => {
  await using folder = await newFolder();
  const target = join(folder.path, 'a');
  await mustBeNew(target, false);
  await writeFile(target, '');
  await expect(mustBeNew(target, false)).rejects.toMatchObject({ code: 'CONFLICT' });
  await mustBeNew(target, true);
  await expect(mustBeNew(join(target, 'none', 'b'), false)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
