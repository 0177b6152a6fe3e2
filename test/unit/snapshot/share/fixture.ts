import { buffer } from 'node:stream/consumers';
import { MemoryEngine, type MemoryRegistry, memoryEngines } from '../../../../src/engine/memory/index.js';
import { silent } from '../../../../src/events/index.js';
import type { FlowContext } from '../../../../src/sandbox/index.js';
import type { Manifest, Snapshot } from '../../../../src/snapshot/index.js';
import { manifestOf } from '../manifests.js';

export const VOLUME = 'bds.demo.12345678';
export const ID = '11111111-2222-4333-8444-555555555555';
const BASE = 'bdsandbox/tiny:1';
const NODES = ['node1', 'node2'];

/** Where everybody meets. */
export const REGISTRY = '127.0.0.1:5000';

/** An engine whose containers can pack and unpack memory, as far as anybody looks. */
export function shareEngine(registry: MemoryRegistry = new Map()): MemoryEngine {
  return new MemoryEngine({ registry, commitTakesMs: 1 }).when('bash', async ({ command, files, stdin, stdout }) => {
    const script = command.at(-1) ?? '';
    const pack = /tar -C (\S+) -c \. \| zstd -1 -T0 -q -o (\S+)/.exec(script);
    if (pack) {
      const memory = files.read(`${pack[1]}/pages.img`);
      if (!memory) return 1;
      const packed = `packed ${memory}`;
      files.write(pack[2] ?? '', packed);
      await stdout(`${packed.length}\n`);
    }
    const unpack = /zstd -dcq \| head -c (\d+) [\s\S]*\nmv \S+ (\S+)$/.exec(script);
    if (unpack) {
      const packed = String(await buffer(stdin));
      if (packed.length > Number(unpack[1])) return 1;
      files.write(`${unpack[2]}/pages.img`, packed.replace(/^packed /, ''));
    }
    const remove = /^rm -rf (\S+)$/.exec(script);
    if (remove) for (const node of NODES) files.remove(`${remove[1]}/${node}/pages.img`);
    return 0;
  });
}

export function contextOf(engine: MemoryEngine, more: Partial<FlowContext> = {}): FlowContext {
  return { engines: memoryEngines(engine), report: silent, ...more };
}

/** A snapshot of two nodes in all its parts. */
export async function putSnapshot(
  engine: MemoryEngine,
  name: string,
  { id = ID, mode = 'live', ...more }: Partial<Pick<Manifest, 'id' | 'mode' | 'golden' | 'note'>> = {},
): Promise<Snapshot> {
  engine.addImage(BASE, { files: { '/software': 'x'.repeat(1000) }, labels: { 'bdsandbox.image': 'cluster' } });
  const labels = {
    'bdsandbox.snapshot': name,
    'bdsandbox.snapshot.id': id,
    'bdsandbox.memory': mode === 'live' ? VOLUME : '',
    'bdsandbox.image': 'snapshot',
    'bdsandbox.creator': 'elsewhere:1:1',
    'bdsandbox.deadline': '2026-01-01T00:00:00.000Z',
  };
  const { containers, images } = engine;
  const made = async (reference: string, path: string, content: string, own: Record<string, string>) => {
    const container = await containers.create({
      ...{ name: 'maker', image: BASE, hostname: 'maker', labels: {}, environment: {} },
      ...(mode === 'live' && { mounts: [{ volume: VOLUME, path: '/memory', readOnly: false }] }),
    });
    await containers.writeFiles(container, [{ path, content }]);
    if (mode === 'live' && own['bdsandbox.snapshot.role'] === 'node') {
      const node = reference.split('.').at(-1);
      await containers.writeFiles(container, [
        { path: `/memory/${id}/${node}/pages.img`, content: `memory of ${node}` },
      ]);
    }
    const digest = await containers.commit(container, { reference, labels: { ...labels, ...own }, pause: false });
    await containers.remove(container);
    return digest;
  };
  const nodes: Manifest['nodes'] = [];
  for (const node of NODES) {
    const image = `bdsandbox/snapshot-node:${id}.${node}`;
    const digest = await made(image, '/data', `files of ${node}`, { 'bdsandbox.snapshot.role': 'node' });
    const layers = (await images.inspect(image))?.layers.length ?? 0;
    nodes.push({
      name: node,
      image,
      digest,
      layers,
      layerBytes: 14,
      memoryBytes: 15,
      deletedFilesBytes: 0,
      processes: 1,
    });
  }
  const manifest = manifestOf(name, {
    ...{ id, mode, nodes, ...more },
    evidence: { digest: `sha256:${'e'.repeat(64)}`, bytes: 300_000, files: 40, redacted: 2 },
    memory: mode === 'live' ? { volume: VOLUME, bytes: 30, since: '' } : null,
  });
  await made(`bdsandbox/snapshot:${name}`, '/bdsandbox/evidence.tar.zst', 'evidence', {
    'bdsandbox.snapshot.role': 'index',
    'bdsandbox.snapshot.manifest': JSON.stringify(manifest),
  });
  return { ...manifest, origin: 'here', trusted: true };
}

/** What arrived as each node's memory. */
export async function memoryHere(engine: MemoryEngine, id = ID): Promise<string[]> {
  const container = await engine.containers.create({
    ...{ name: 'reader', image: `bdsandbox/snapshot-node:${id}.node1`, hostname: 'reader', labels: {} },
    environment: {},
    mounts: [{ volume: `bds-memory.${id}`, path: '/memory', readOnly: true }],
  });
  try {
    const read = (node: string) => engine.containers.readFile(container, `/memory/${id}/${node}/pages.img`);
    return (await Promise.all(NODES.map(read))).map(String);
  } finally {
    await engine.containers.remove(container);
  }
}
