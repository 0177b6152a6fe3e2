import { ConflictError } from '../../errors/index.js';
import type { Networks } from '../port.js';
import type { Calls } from './calls.js';
import { overlap } from './subnet.js';
import { isAlive, matchesLabels, newId, type World } from './world.js';

/** What every engine has from the beginning; in the list, never in an inventory. */
const BUILT_IN = { id: '0'.repeat(64), name: 'bridge', labels: {}, subnets: ['172.17.0.0/16'] };

export function memoryNetworks(world: World, calls: Calls): Networks {
  return {
    create: ({ name, subnet, labels }) =>
      calls.run('networks.create', () => {
        const others = [...world.networks.values()];
        if (name === BUILT_IN.name || others.some((other) => other.name === name)) {
          throw new ConflictError(`network with name ${name} already exists`, 'choose another name');
        }
        const taken = [...BUILT_IN.subnets, ...others.map((other) => other.subnet)];
        if (taken.some((other) => overlap(other, subnet))) {
          throw new ConflictError(`subnet ${subnet} overlaps another network's`, 'choose another subnet');
        }
        const id = newId();
        world.networks.set(id, { id, name, subnet, labels });
        return id;
      }),

    list: (filter) =>
      calls.run('networks.list', () =>
        [
          BUILT_IN,
          ...[...world.networks.values()].map(({ id, name, subnet, labels }) => ({
            id,
            name,
            labels,
            subnets: [subnet],
          })),
        ].filter(({ labels }) => matchesLabels(labels, filter)),
      ),

    remove: (id) =>
      calls.run('networks.remove', () => {
        const network = [...world.networks.values()].find((other) => other.id === id || other.name === id);
        if (!network) return;
        // Containers that stand do not hold it; they fail at their next start instead.
        const user = [...world.containers.values()].find(
          (container) => isAlive(container) && container.spec.network?.name === network.name,
        );
        if (user) {
          throw new ConflictError(`network ${network.name} has active endpoints: ${user.spec.name}`, 'stop it first');
        }
        world.networks.delete(network.id);
      }),
  };
}
