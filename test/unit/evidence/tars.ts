import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type EvidenceSource, readEvidence, writeEvidence } from '../../../src/evidence/index.js';

export type Files = Readonly<Record<string, string | Buffer>>;

export async function tarOf(files: Files): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return buffer(tar);
}

/** As an engine gives it: in pieces, later. */
export async function streamOf(files: Files): Promise<Readable> {
  const bytes = await tarOf(files);
  return Readable.from([bytes.subarray(0, 700), bytes.subarray(700)]);
}

export async function bundleOf(files: Files): Promise<Readable> {
  return Readable.from([zstdCompressSync(await tarOf(files))]);
}

/** A folder that is removed when the variable's scope ends. */
export async function newFolder() {
  const path = await mkdtemp(join(tmpdir(), 'bdsandbox-evidence-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** What is written of a source, read again. */
export async function written(source: Partial<EvidenceSource>, redact = true) {
  await using folder = await newFolder();
  const target = join(folder.path, 'evidence.tar.zst');
  const result = await writeEvidence(
    target,
    { name: 'demo', about: { a: 1 }, events: [], nodes: [], ...source },
    { redact },
  );
  const bytes = await readFile(target);
  return { result, bytes, evidence: await readEvidence(Readable.from([bytes])) };
}
