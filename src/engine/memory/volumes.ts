import { ConflictError } from '../../errors/index.js';
import type { Volumes } from '../port.js';
import type { Calls } from './calls.js';
import { FileTree } from './file-tree.js';
import { matchesLabels, type World } from './world.js';

export function memoryVolumes(world: World, calls: Calls): Volumes {
  return {
    create: ({ name, labels }) =>
      calls.run('volumes.create', () => {
        if (!world.volumes.has(name)) world.volumes.set(name, { name, labels, files: new FileTree() });
      }),

    list: (filter) =>
      calls.run('volumes.list', () =>
        [...world.volumes.values()]
          .filter(({ labels }) => matchesLabels(labels, filter))
          .map(({ name, labels }) => ({ name, labels })),
      ),

    remove: (name) =>
      calls.run('volumes.remove', () => {
        const user = [...world.containers.values()].find(({ spec }) =>
          (spec.mounts ?? []).some(({ volume }) => volume === name),
        );
        if (user)
          throw new ConflictError(`volume ${name} is in use by ${user.spec.name}`, 'remove the container first');
        world.volumes.delete(name);
      }),
  };
}
