import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, type ConfigSources, loadConfig } from '../config/index.js';
import type { Engine } from '../engine/index.js';
import { LABELS, sandboxNameOf, servicesOf } from '../sandbox/index.js';
import { openEngines, TEMPLATES } from '../wiring/index.js';
import type { NamedSandbox, Names } from './complete.js';

/** Short cuts to what `ls` and its like tell in full: no schema and no template is loaded, no node is asked. */
export function realNames(sources: ConfigSources): Names {
  let config: Promise<Config> | undefined;
  const values = async (): Promise<Config['values']> => {
    config ??= loadConfig(sources);
    return (await config).values;
  };
  const engine = async (): Promise<Engine> => {
    const engines = await openEngines(await values());
    return engines.on(engines.home);
  };
  const inFolders = async (folder: string, toName: (entry: string) => string | undefined): Promise<string[]> => {
    const lists = [TEMPLATES, ...(await values()).templates].map((each) => readdir(join(each, folder)).catch(() => []));
    return [...new Set((await Promise.all(lists)).flat().flatMap((entry) => toName(entry) ?? []))].sort();
  };
  return {
    sandboxes: async () => sandboxesOf(await engine(), (await values()).owner),
    snapshots: async () => (await import('../snapshot/index.js')).snapshotNames(await engine()),
    images: async () => {
      const { IMAGE_LABELS } = await import('../images/index.js');
      const images = await (await engine()).images.list({ [IMAGE_LABELS.kind]: '' });
      return images.flatMap(({ references }) => references.filter((each) => /^bdsandbox\/(?!snapshot)/.test(each)));
    },
    templates: () => inFolders('clusters', (entry) => /^(.+)\.yaml$/.exec(entry)?.[1]),
    components: () => inFolders('components', (entry) => (entry.startsWith('.') ? undefined : entry)),
  };
}

/** Yours, with their nodes in order, and the services of each. */
export async function sandboxesOf(engine: Engine, owner: string): Promise<NamedSandbox[]> {
  const containers = await engine.containers.list({ [LABELS.attempt]: '', [LABELS.owner]: owner });
  const nodes = containers
    // Helpers made of a snapshot's image inherit its labels, and have no attempt of their own.
    .filter(({ labels }) => labels[LABELS.attempt] !== '')
    .sort((a, b) => Number(a.labels[LABELS.nodeIndex]) - Number(b.labels[LABELS.nodeIndex]));
  const bySandbox = Map.groupBy(nodes, ({ labels }) => labels[LABELS.attempt] ?? '');
  return [...bySandbox.values()]
    .map((all) => ({
      name: all[0] ? sandboxNameOf(all[0]) : '',
      nodes: all.map((each) => ({
        name: each.labels[LABELS.node] ?? '',
        services: servicesOf(each).map((service) => service.name),
      })),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
