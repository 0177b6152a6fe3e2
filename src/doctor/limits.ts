import type { NodeLimits } from '../node/index.js';
import { type Check, ok, warning } from './check.js';
import { NO_IMAGE } from './machine.js';

interface Limit {
  readonly name: string;
  readonly of: (limits: NodeLimits) => number | null;
  /** Less is worth a warning. */
  readonly least: number;
  readonly hint: string;
  /** Where it is another. */
  readonly podmanHint?: string;
}

const LIMITS: readonly Limit[] = [
  {
    // HBase asks for 10240 in its own guide; five nodes of ours stay below.
    name: 'open files of a container',
    of: ({ openFiles }) => openFiles,
    least: 10_240,
    hint: 'raise "default-ulimits" in /etc/docker/daemon.json, or LimitNOFILE of the docker service',
    podmanHint: 'raise nofile of default_ulimits under [containers] in /etc/containers/containers.conf',
  },
  {
    // A node with all services has about 800 threads, and jobs add theirs.
    name: 'threads of a container',
    of: ({ tasks }) => tasks,
    least: 4096,
    hint: "raise TasksMax of the docker service, or default-pids-limit of Docker's configuration",
    podmanHint: 'raise pids_limit under [containers] in /etc/containers/containers.conf',
  },
  {
    name: 'threads of the machine',
    of: ({ machineTasks }) => machineTasks,
    least: 16_384,
    hint: 'sysctl -w kernel.pid_max=4194304 kernel.threads-max=200000, and in /etc/sysctl.d',
  },
  {
    // Shared by all containers whose processes have the same user.
    name: 'inotify instances',
    of: ({ inotifyInstances }) => inotifyInstances,
    least: 128,
    hint: 'sysctl -w fs.inotify.max_user_instances=1024, and in /etc/sysctl.d',
  },
  {
    name: 'inotify watches',
    of: ({ inotifyWatches }) => inotifyWatches,
    least: 8192,
    hint: 'sysctl -w fs.inotify.max_user_watches=524288, and in /etc/sysctl.d',
  },
];

/** vm.overcommit_memory: the kernel gives no more than it has, also to JVMs that reserve much and touch little. */
const NEVER = 2;

export const limitsCheck: Check = {
  name: 'limits',
  needsEngine: true,
  async run({ node, info }) {
    const found = await node().catch(() => undefined);
    if (!found) return warning('unknown: there is no image of a cluster to try it with', NO_IMAGE);
    const { limits } = found;
    if (!limits) return ok('unknown: the newest image is too old to tell');
    const told = ({ of }: Limit): string => String(of(limits) ?? 'no limit');
    const low = LIMITS.filter(({ of, least }) => (of(limits) ?? Number.POSITIVE_INFINITY) < least);
    const { product } = await info();
    const problems = low.map((limit) => ({
      detail: `${limit.name}: ${told(limit)}, below ${limit.least}`,
      hint: (product === 'podman' ? limit.podmanHint : undefined) ?? limit.hint,
    }));
    if (limits.overcommit === NEVER) {
      problems.push({
        detail: 'vm.overcommit_memory is 2, so that JVMs get no memory that they only reserve',
        hint: 'sysctl -w vm.overcommit_memory=0, and in /etc/sysctl.d',
      });
    }
    if (problems.length === 0)
      return ok(
        LIMITS.slice(0, 3)
          .map((limit) => `${limit.name}: ${told(limit)}`)
          .join(', '),
      );
    return warning(problems.map(({ detail }) => detail).join('; '), problems.map(({ hint }) => hint).join('; '));
  },
};
