import { NotFoundError } from '../../errors/index.js';
import type { Volumes } from '../port.js';
import type { Connection } from './connection.js';
import { labelFilters } from './filters.js';

export function dockerVolumes(connection: Connection): Volumes {
  return {
    async create({ name, labels }) {
      await connection.ask({ action: `create volume ${name}` }, (docker) =>
        docker.createVolume({ Name: name, Labels: { ...labels } }),
      );
    },

    async list(filter) {
      const found = await connection.askSoon({ action: 'list volumes' }, (docker, abortSignal) =>
        docker.listVolumes({ filters: labelFilters(filter), abortSignal }),
      );
      // The engine says null for none, whatever the client's types say.
      const volumes: typeof found.Volumes | null = found.Volumes;
      return (volumes ?? []).map((volume) => ({ name: volume.Name, labels: volume.Labels ?? {} }));
    },

    async remove(name) {
      try {
        await connection.ask({ action: `remove volume ${name}` }, (docker) => docker.getVolume(name).remove());
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}
