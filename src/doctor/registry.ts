import { isEmbedded } from '../config/index.js';
import { silent } from '../events/index.js';
import { registryStatus } from '../registry/index.js';
import { type Check, ok, warning } from './check.js';

export const registryCheck: Check = {
  name: 'registry',
  needsEngine: true,
  async run({ engine: open, registry }) {
    const engine = await open();
    const status = await registryStatus({ engine, address: registry, report: silent });
    if (status.state === 'up') {
      const answers = `the ${status.kind} one on ${registry} answers`;
      if (!status.protected) return ok(`${answers}, and asks for no password`);
      if (await engine.images.knowsLogin(registry)) return ok(`${answers}, and you are logged in`);
      return warning(`${answers}, and asks for a password`, 'bdsandbox registry login');
    }
    return warning(
      `nothing answers on ${registry}`,
      isEmbedded(registry)
        ? 'to share images and snapshots: bdsandbox registry up'
        : 'check the setting registry, and the way there',
    );
  },
};
