import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Engine, Labels } from '../engine/index.js';
import { EVIDENCE_FILE } from './labels.js';

/** Of the machines that nodes run on, in the words of image configs. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/**
 * Makes the index of a snapshot: an image with the evidence as its only layer. It is loaded, not committed: writing into a
 * container that does not run ends with the engine unmounting its overlay, for which the kernel writes back the whole file
 * system below it (ovl_sync_fs), and that has just been given gigabytes of memory images.
 * @throws DiskFullError
 */
export async function makeIndex(
  engine: Engine,
  index: {
    /** Its name, and the marks of where it is from. */
    readonly references: readonly string[];
    readonly labels: Labels;
    readonly createdAt: string;
    readonly architecture: string;
    /** The bundle; empty for none. */
    readonly evidence: Buffer;
  },
): Promise<void> {
  const { references, labels, createdAt, architecture, evidence } = index;
  const folder = { name: `${posix.dirname(EVIDENCE_FILE).slice(1)}/`, type: 'directory' as const, content: '' };
  const files = evidence.length > 0 ? [{ name: EVIDENCE_FILE.slice(1), content: evidence }] : [];
  const layer = await buffer(await tarOf([folder, ...files]));
  const config = JSON.stringify({
    architecture: ARCHITECTURES[architecture] ?? architecture,
    os: 'linux',
    created: createdAt,
    // Nobody runs it; an engine makes no container of an image without.
    config: { Labels: labels, Cmd: ['true'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digestOf(layer)}`] },
  });
  const configFile = `${digestOf(config)}.json`;
  const image = { Config: configFile, RepoTags: references, Layers: ['layer.tar'] };
  const saved = await tarOf([
    { name: 'layer.tar', content: layer },
    { name: configFile, content: config },
    { name: 'manifest.json', content: JSON.stringify([image]) },
  ]);
  // To its end, whatever the user wants now: an engine that has all of it would bring the index after our clean-up.
  await engine.images.load(saved, {});
}

async function tarOf(
  entries: readonly { readonly name: string; readonly type?: 'directory'; readonly content: string | Buffer }[],
): Promise<Readable> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  for (const { name, type = 'file', content } of entries) tar.entry({ name, type }, content);
  tar.finalize();
  return Readable.from(tar, { objectMode: false });
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
