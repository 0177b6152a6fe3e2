import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import type { Manifest, Snapshot } from '../../../src/snapshot/index.js';
import { bundleOf, type Files } from '../evidence/tars.js';
import { manifestOf } from './manifests.js';

const EVIDENCE: Files = {
  'about.json': '{}',
  'problems.txt': 'node2: views: no end within 15 s\n',
  'node1/views/services.json': JSON.stringify([{ name: 'echo', state: 'failed', detail: 'exit code 1' }]),
  'node1/jvm/echo.17.threads.txt': '"main" #1\n',
  'node1/logs/echo.log': 'one\n',
};

/** Puts a snapshot there as its index alone: enough for all that does not restore it. */
export async function addSnapshot(
  engine: MemoryEngine,
  name: string,
  more: Partial<Manifest> & { readonly files?: Files; readonly damaged?: boolean } = {},
): Promise<Snapshot> {
  const { files, damaged, ...rest } = more;
  const bundle = await buffer(await bundleOf(files ?? EVIDENCE));
  const digest = `sha256:${createHash('sha256').update(bundle).digest('hex')}`;
  const evidence = { digest, bytes: bundle.length, files: Object.keys(files ?? EVIDENCE).length, redacted: 0 };
  const manifest = manifestOf(name, { evidence, ...rest });
  engine.addImage(`bdsandbox/snapshot:${name}`, {
    labels: {
      'bdsandbox.snapshot': name,
      'bdsandbox.snapshot.id': manifest.id,
      'bdsandbox.snapshot.role': 'index',
      'bdsandbox.snapshot.manifest': JSON.stringify(manifest),
      'bdsandbox.image': 'snapshot',
    },
    files: { '/bdsandbox/evidence.tar.zst': damaged ? Buffer.from(bundle.map((byte) => byte ^ 1)) : bundle },
  });
  return { ...manifest, origin: 'here', trusted: true };
}

/** As a newer bdsandbox takes one: a manifest of a version that nobody knows, on labels that stay the same. */
export async function addUnreadable(
  engine: MemoryEngine,
  name: string,
  more: Partial<Manifest> & { readonly id?: string } = {},
  text?: string,
): Promise<void> {
  const { id, memory, ...manifest } = manifestOf(name, more);
  const { owner, host } = manifest;
  engine.addImage(`bdsandbox/snapshot:${name}`, {
    labels: {
      'bdsandbox.snapshot': name,
      'bdsandbox.snapshot.id': id,
      'bdsandbox.snapshot.role': 'index',
      'bdsandbox.snapshot.manifest': text ?? JSON.stringify({ schemaVersion: 2, name, owner, host, plan: 'elsewhere' }),
      'bdsandbox.image': 'snapshot',
      'bdsandbox.memory': memory?.volume ?? '',
    },
  });
}
