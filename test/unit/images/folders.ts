import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCatalog } from '../../../src/catalog/index.js';
import { type ClusterInput, clusterRecipe, type ImageRecipe } from '../../../src/images/index.js';
import { folderWith, SMALL_COMPONENT } from '../catalog/folders.js';

/** A templates folder with two components and all that images are made of. */
const FILES = {
  'components/echo/component.yaml': SMALL_COMPONENT,
  'components/echo/Dockerfile': 'ARG BUILDER\nFROM $BUILDER\nCOPY rootfs/ /\n',
  'components/echo/files/echo.txt': 'hello\n',
  'components/echo/rootfs/usr/bin/echo2': '#!/bin/sh\n',
  'components/late-echo/component.yaml': SMALL_COMPONENT.replaceAll('echo', 'late-echo').replace(
    'ports.late-echo',
    'ports["late-echo"]',
  ),
  'components/late-echo/Dockerfile': 'ARG BUILDER\nFROM $BUILDER\n',
  'images/base/Dockerfile': 'ARG ROOT\nFROM $ROOT\n',
  'images/builder/Dockerfile': 'ARG ROOT\nFROM $ROOT\n',
  'images/builder/rootfs/build': 'mvn\n',
  'images/classes/archive': '#!/bin/bash\n',
  'images/node/rootfs/init': 'init\n',
  'images/node/rootfs/usr/lib/bdsandbox/jvm.options': '-Xss512k\n',
  'images/registry/Dockerfile': 'ARG ROOT\nFROM $ROOT\n',
};

export interface Change {
  /** Files that are other or more than those above. */
  readonly files?: Readonly<Record<string, string>>;
  readonly executable?: string;
  readonly release?: ClusterInput['components'][number]['release'];
  readonly maven?: ClusterInput['maven'];
}

/** The recipe of a cluster of both components, from a new temporary folder; `release` is the first component's. */
export async function recipeWith(change: Change = {}): Promise<ImageRecipe> {
  await using folder = await folderWith({ ...FILES, ...change.files });
  if (change.executable !== undefined) await chmod(join(folder.path, change.executable), 0o755);
  const { components } = await loadCatalog({ folders: [folder.path] });
  const release = { from: 'maven', version: '1' } as const;
  // Awaited here: the folder goes with this scope.
  return await clusterRecipe(join(folder.path, 'images'), {
    template: 'echoes',
    components: ['echo', 'late-echo'].map((name, index) => {
      const component = components.get(name);
      if (!component) throw new Error(`no component ${name}`);
      return { component, release: index === 0 ? (change.release ?? release) : release };
    }),
    maven: change.maven,
  });
}

/** A recipe and all it needs, parents first, each once. */
export function inBuildOrder(last: ImageRecipe): ImageRecipe[] {
  const ordered = new Map<string, ImageRecipe>();
  const visit = (each: ImageRecipe): void => {
    for (const parent of Object.values(each.parents)) visit(parent);
    ordered.set(each.reference, each);
  };
  visit(last);
  return [...ordered.values()];
}
