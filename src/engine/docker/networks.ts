import { NotFoundError } from '../../errors/index.js';
import type { Networks } from '../port.js';
import type { Connection } from './connection.js';
import { labelFilters } from './filters.js';

export function dockerNetworks(connection: Connection): Networks {
  return {
    async create({ name, subnet, labels }) {
      const network = await connection.ask({ action: `create network ${name} (${subnet})` }, (docker) =>
        docker.createNetwork({
          Name: name,
          // Engines before 25 take two networks of one name without this.
          CheckDuplicate: true,
          Driver: 'bridge',
          IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
          Labels: { ...labels },
        }),
      );
      return network.id;
    },

    async list(filter) {
      const found = await connection.askSoon({ action: 'list networks' }, (docker, abortSignal) =>
        docker.listNetworks({ filters: labelFilters(filter), abortSignal }),
      );
      return found.map((network) => ({
        id: network.Id,
        name: network.Name,
        labels: network.Labels ?? {},
        subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
      }));
    },

    async remove(id) {
      try {
        await connection.ask({ action: `remove network ${id.slice(0, 12)}` }, (docker) =>
          docker.getNetwork(id).remove(),
        );
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}
