import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { MemoryEngine } from '../../../src/engine/memory/index.js';
import { readEvidence } from '../../../src/evidence/index.js';
import { copyEvidence, openEvidence, showEvidenceFile, showSnapshot } from '../../../src/snapshot/index.js';
import { newFolder } from '../evidence/tars.js';
import { addSnapshot } from './engine.js';

it('shows services, files and problems, and leaves no container', async () => {
  const engine = new MemoryEngine();
  const shown = await showSnapshot(engine, await addSnapshot(engine, 'bug'));
  expect(shown.services).toEqual([{ node: 'node1', name: 'echo', state: 'failed', detail: 'exit code 1' }]);
  expect(shown.files.map(({ path }) => path)).toContain('node1/jvm/echo.17.threads.txt');
  expect(shown.problems).toEqual(['node2: views: no end within 15 s']);
  expect(engine.inventory().containers).toEqual([]);
  expect(engine.callNames).not.toContain('containers.start');
});

it('shows one without evidence', async () => {
  const engine = new MemoryEngine();
  const snapshot = await addSnapshot(engine, 'bug', { evidence: null });
  expect(await showSnapshot(engine, snapshot)).toMatchObject({
    files: [],
    problems: ['it was taken without evidence'],
  });
  expect(await openEvidence(engine, snapshot)).toBeUndefined();
  await expect(showEvidenceFile(engine, snapshot, 'about.json')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('refuses evidence that is not what was taken', async () => {
  const engine = new MemoryEngine();
  const snapshot = await addSnapshot(engine, 'bug', { damaged: true });
  const error = {
    code: 'FAILED',
    message: expect.stringMatching(/^the evidence of bug is not what was taken: sha256:/),
  };
  await expect(showSnapshot(engine, snapshot)).rejects.toMatchObject(error);
  await using folder = await newFolder();
  await expect(copyEvidence(engine, snapshot, join(folder.path, 'x'))).rejects.toMatchObject(error);
  expect(engine.inventory().containers).toEqual([]);
});

it('says when the evidence is gone from its image', async () => {
  const engine = new MemoryEngine();
  const snapshot = await addSnapshot(engine, 'bug');
  const other = engine.addImage('bdsandbox/snapshot:bug');
  await expect(openEvidence(other, snapshot)).rejects.toThrow('the evidence of bug is gone from its image');
});

it.each([
  ['node1/logs/echo.log', 'node1/logs/echo.log', 'one\n'],
  ['node1/jvm', 'node1/jvm/echo.17.threads.txt', '"main" #1\n'],
])('shows the file %s', async (wanted, file, content) => {
  const engine = new MemoryEngine();
  expect(await showEvidenceFile(engine, await addSnapshot(engine, 'bug'), wanted)).toEqual({ file, content });
});

it('shows a log that is too large for the rest', async () => {
  const engine = new MemoryEngine();
  const log = 'a line\n'.repeat(300_000);
  const snapshot = await addSnapshot(engine, 'bug', {
    files: { 'about.json': '{}', 'node1/logs/big.log': log, z: 'z' },
  });
  expect((await showEvidenceFile(engine, snapshot, 'node1/logs/big.log')).content).toBe(log);
});

it('lists what an ambiguous beginning could mean, and says when there is nothing', async () => {
  const engine = new MemoryEngine();
  const snapshot = await addSnapshot(engine, 'bug');
  await expect(showEvidenceFile(engine, snapshot, 'node1/')).rejects.toMatchObject({
    message: '3 files of bug begin with node1/',
    details: expect.arrayContaining(['node1/logs/echo.log']),
  });
  await expect(showEvidenceFile(engine, snapshot, 'other')).rejects.toMatchObject({ code: 'NOT_FOUND', details: [] });
});

it('refuses evidence that is larger than its manifest says, before it is read', async () => {
  const engine = new MemoryEngine();
  const { evidence, ...snapshot } = await addSnapshot(engine, 'bug');
  const before = engine.callCount;
  const less = { ...snapshot, evidence: evidence && { ...evidence, bytes: evidence.bytes - 1 } };
  await expect(showSnapshot(engine, less)).rejects.toThrow('is not what was taken: it is larger');
  expect(engine.callNames.slice(before)).not.toContain('containers.readFile');
});

it('copies the bundle as it is', async () => {
  const engine = new MemoryEngine();
  const snapshot = await addSnapshot(engine, 'bug');
  await using folder = await newFolder();
  const target = join(folder.path, 'bug.tar.zst');
  expect(await copyEvidence(engine, snapshot, target)).toEqual(snapshot.evidence);
  const copy = await buffer(Readable.from([await readFile(target)]));
  expect((await readEvidence(Readable.from([copy]))).nodes).toEqual(['node1']);
});
