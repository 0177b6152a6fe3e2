import { countFreeNetworks } from '../sandbox/index.js';
import { type Check, failed, ok, warning } from './check.js';

const FEW = 4;
/** As many as nobody has sandboxes: a large pool has hundreds of thousands. */
const ENOUGH = 100;

export const networksCheck: Check = {
  name: 'networks',
  needsEngine: true,
  async run({ engine, networkPool }) {
    const free = await countFreeNetworks(await engine(), networkPool, ENOUGH);
    if (free >= ENOUGH) return ok(`${ENOUGH} and more are free in ${networkPool}`);
    const detail = `${free === 0 ? 'none is' : `${free} are`} free in ${networkPool}; each sandbox takes one`;
    const hint = 'destroy a sandbox, or give a larger range as network.pool in the config file';
    if (free === 0) return failed(detail, hint);
    return free < FEW ? warning(detail, hint) : ok(detail);
  },
};
