import { expect } from 'vitest';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import type { WarmedCluster } from '../../src/snapshot/index.js';
import { json, ok } from '../e2e/cli.js';
import { timed } from './report.js';

const GOLDEN = { environment: { BDSANDBOX_GOLDEN: 'auto' } };

/** The golden of hadoop-hbase with so many nodes, there for the length of a measurement. */
export async function warmHadoop(nodes: number) {
  const words = ['hadoop-hbase', '--nodes', String(nodes)];
  const golden = await json<WarmedCluster>(['images', 'warm', ...words], GOLDEN);
  return {
    words,
    memoryBytes: golden.memoryBytes,
    /** A cluster that begins with it. */
    async create(name: string): Promise<{ value: CreatedSandbox; ms: number }> {
      const created = await timed(() => json<CreatedSandbox>(['create', ...words, name], GOLDEN));
      expect(created.value.startedFrom).toBe('golden');
      return created;
    },
    /** Unless it was there before. */
    async remove(): Promise<void> {
      if (golden.origin === 'made') await ok(['snapshots', 'rm', golden.name, '--force']);
    },
  };
}
