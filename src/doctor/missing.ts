import { missingParts } from '../sandbox/index.js';
import { missingOfSnapshots } from '../snapshot/index.js';
import { type Check, ok, warning } from './check.js';

/** docker container prune, docker image prune -a and docker system prune ask nobody of us. */
export const missingCheck: Check = {
  name: 'removed',
  needsEngine: true,
  async run({ engine: open }) {
    const engine = await open();
    const missing = (await Promise.all([missingParts(engine), missingOfSnapshots(engine)])).flat();
    if (missing.length === 0) return ok('nothing of ours was removed by others');
    return warning(
      `gone without bdsandbox, such as by docker prune: ${missing.join('; ')}`,
      'what is left of them goes by bdsandbox destroy, snapshots rm, and prune; docs/how-to/clean-up.md says what docker prune takes',
    );
  },
};
