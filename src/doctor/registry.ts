import { silent } from '../events/index.js';
import { isEmbedded, registryStatus } from '../registry/index.js';
import { type Check, ok, warning } from './check.js';

export const registryCheck: Check = {
  name: 'registry',
  needsEngine: true,
  async run({ engines, registry }) {
    const found = await engines();
    const status = await registryStatus({ engine: found.on(found.home), address: registry, report: silent });
    if (status.state === 'up') {
      return ok(`the ${status.kind} one on ${registry} answers${status.protected ? ', and asks for a password' : ''}`);
    }
    return warning(
      `nothing answers on ${registry}`,
      isEmbedded(registry)
        ? 'to share images and snapshots: bdsandbox registry up'
        : 'check the setting registry, and the way there',
    );
  },
};
