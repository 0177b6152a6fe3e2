import { gigabytes, NO_DISK_BYTES } from '../sandbox/index.js';
import { type Check, type Finding, failed, ok, warning } from './check.js';

export const NO_IMAGE = 'build an image first: bdsandbox images build hadoop-hbase';

export const liveCheck: Check = {
  name: 'live snapshots',
  needsEngine: true,
  async run({ node }) {
    const found = (await node())?.platform;
    if (!found) return warning('unknown: there is no image of a cluster to try it with', NO_IMAGE);
    if (found.able) return ok(`CRIU ${found.criu} dumps a process and puts it back`);
    const version = found.criu === '' ? '' : `CRIU ${found.criu}: `;
    return warning(`${version}${found.reason}`, 'snapshots are taken cold here, without memory');
  },
};

/** Five nodes of hadoop-hbase take 2.2 GB. */
const ONE_CLUSTER = 2.5e9;

export const memoryCheck: Check = {
  name: 'memory',
  needsEngine: true,
  async run({ info, node }) {
    const { memoryBytes, cpus } = await info();
    const all = `${gigabytes(memoryBytes)}, ${cpus} CPUs`;
    const found = (await node().catch(() => undefined))?.platform;
    if (!found) return ok(all);
    const detail = `${gigabytes(found.memoryFreeBytes)} free of ${all}`;
    if (found.memoryFreeBytes >= ONE_CLUSTER) return ok(detail);
    return warning(detail, 'a cluster of five nodes takes 2.2 GB: use --nodes 1, or destroy one: bdsandbox ls -a');
  },
};

const LITTLE_DISK = 10e9;

export const diskCheck: Check = {
  name: 'disk',
  needsEngine: true,
  async run({ info, node }): Promise<Finding> {
    const { rootDirectory } = await info();
    const found = (await node().catch(() => undefined))?.platform;
    if (!found) return warning(`unknown: free space in ${rootDirectory}`, NO_IMAGE);
    const detail = `${gigabytes(found.diskFreeBytes)} free in ${rootDirectory}`;
    const hint = 'see bdsandbox snapshots ls, bdsandbox images ls and bdsandbox prune';
    if (found.diskFreeBytes < NO_DISK_BYTES) return failed(detail, hint);
    return found.diskFreeBytes < LITTLE_DISK ? warning(detail, hint) : ok(detail);
  },
};

/** Deadlines, the expiry of sandboxes and the order of events are told by both clocks. */
const MOST_APART_MS = 2000;

export const clockCheck: Check = {
  name: 'clock',
  needsEngine: true,
  async run({ node }) {
    const found = await node().catch(() => undefined);
    if (!found?.limits) return ok("unknown: no image can tell the engine's");
    const { clockAheadMs } = found;
    if (Math.abs(clockAheadMs) <= MOST_APART_MS) return ok("this machine's and the engine's agree");
    const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
    return warning(
      `the engine's is ${seconds} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
      'set both by NTP: timedatectl set-ntp true; sandboxes expire and are pruned by these clocks',
    );
  },
};
