import { WORDS_VERSION } from '../../../src/node/index.js';
import type { Manifest, Snapshot } from '../../../src/snapshot/index.js';
import { tinyPlan } from '../sandbox/fixture.js';

/** A manifest as `snapshot` would write it, of two nodes. */
export function manifestOf(name: string, more: Partial<Manifest> = {}): Manifest {
  const { nodes, ...plan } = tinyPlan(2);
  return {
    schemaVersion: 1,
    id: `id-of-${name}`,
    name,
    golden: '',
    note: '',
    mode: 'live',
    reason: '',
    sandbox: 'demo',
    owner: 'ann',
    host: 'memory',
    createdAt: '2026-01-01T10:00:00.000Z',
    frozenMs: 2500,
    parent: null,
    plan: {
      ...plan,
      components: [...plan.components],
      startOrder: [...plan.startOrder],
      settings: [...plan.settings],
      nodes: nodes.map((node) => ({
        ...node,
        files: [],
        services: node.services.map((service) => ({ ...service, ports: [...service.ports] })),
      })),
    },
    platform: { kernel: '6.1.0', architecture: 'x86_64', cpuFlags: ['sse4_2'], criu: '4.2', words: WORDS_VERSION },
    nodes: nodes.map((node) => ({
      name: node.name,
      image: `bdsandbox/snapshot-node:id-of-${name}.${node.name}`,
      digest: `sha256:${name}.${node.name}`,
      layers: 5,
      layerBytes: 1_000_000,
      memoryBytes: 20_000_000,
      deletedFilesBytes: 0,
      processes: 9,
    })),
    memory: { volume: 'bds.demo.12345678', bytes: 40_000_000, since: '2026-01-01T09:00:00.000Z' },
    evidence: { digest: 'sha256:0', bytes: 300_000, files: 40, redacted: 2 },
    outside: [],
    changes: [{ at: '2026-01-01T09:00:00.000Z', what: 'created', by: 'ann', sandbox: 'demo' }],
    ...more,
  };
}

/** The same as it is found on the engine that it was taken on. */
export function snapshotOf(name: string, more: Partial<Snapshot> = {}): Snapshot {
  return { ...manifestOf(name, more), origin: 'here', trusted: true, ...more };
}
