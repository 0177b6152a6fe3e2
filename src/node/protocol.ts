import { z } from 'zod';

/** What the node's agent prints; docs/explanation/node.md. */
export const serviceStatusSchema = z.object({
  name: z.string(),
  state: z.enum(['starting', 'ready', 'stopped', 'failed']),
  pid: z.number().int().nullable(),
  /** UTC ISO 8601 */
  since: z.string().nullable(),
  detail: z.string(),
});

export const serviceStatusesSchema = z.array(serviceStatusSchema);

/** Of the machine that the node runs on. */
export const machineSchema = z.object({
  cpus: z.number().int(),
  /** 100 is one whole core. */
  cpuPercent: z.number(),
  memoryBytes: z.number(),
  /** What programs could still get. */
  memoryFreeBytes: z.number(),
  /** The disk that the files of nodes are on; null where it could not be asked. */
  diskBytes: z.number().nullable(),
  diskFreeBytes: z.number().nullable(),
});

/** A number that a service tells of the cluster; `figures` of component.yaml. */
export const toldFigureSchema = z.object({
  title: z.string(),
  label: z.string(),
  unit: z.enum(['count', 'bytes', 'megabytes']),
  well: z.enum(['none', 'all', '-']),
  value: z.number(),
  /** The whole that the value is a part of: of this node, or of all nodes together. */
  of: z.number().optional(),
  all: z.number().optional(),
});

export const usageSchema = z.object({
  /** 100 is one whole core. */
  cpuPercent: z.number().min(0),
  /** Memory of the node's processes, without the page cache. */
  memoryBytes: z.number().int().min(0),
  // The agents of older images do not say these.
  receivedPerSecond: z.number().optional(),
  sentPerSecond: z.number().optional(),
  machine: machineSchema.optional(),
  figures: z.array(toldFigureSchema).default([]),
});

/** What `sight` prints, and `watch` at each look. */
export const sightSchema = usageSchema.extend({ services: serviceStatusesSchema });

/** The first line of freeze, and the only one of can-freeze. */
export const platformSchema = z.object({
  /** Whether processes can be dumped and restored here: tried out. */
  able: z.boolean(),
  reason: z.string(),
  kernel: z.string(),
  /** e.g. x86_64 */
  architecture: z.string(),
  /** Version of CRIU; empty where it does not run. */
  criu: z.string(),
  /** Version of the words that it is frozen and thawed with. */
  words: z.number().int().default(1),
  cpuFlags: z.string().transform((flags) => flags.split(' ').filter((flag) => flag !== '')),
  /** Memory that programs could still get, and free space where volumes are. */
  memoryFreeBytes: z.number(),
  diskFreeBytes: z.number(),
});

/** What `limits` prints; null where there is no limit. */
export const limitsSchema = z.object({
  openFiles: z.number().nullable(),
  /** Processes and threads of a container, and of the machine. */
  tasks: z.number().nullable(),
  machineTasks: z.number().nullable(),
  inotifyInstances: z.number().nullable(),
  inotifyWatches: z.number().nullable(),
  /** vm.overcommit_memory of the kernel: 2 refuses what nobody has touched yet. */
  overcommit: z.number().nullable(),
  /** The clock: milliseconds since 1970. */
  timeMs: z.number(),
});

/** What `outside` prints. */
export const outsideSchema = z.object({
  processes: z.array(z.object({ pid: z.number().int(), command: z.string() })),
  /** How many there are beyond those. */
  more: z.number().int(),
});

/** Of freeze: the memory image is written; the node goes on. */
export const dumpedSchema = z.object({
  bytes: z.number(),
  // The scripts of older images do not say these.
  /** Of files that processes have open and nobody else can see. */
  deletedFilesBytes: z.number().default(0),
  processes: z.number().int().default(0),
  /** Seconds since 1970: when the first service of the node was started. */
  since: z.number().default(0),
});
/** Of thaw: the exit code of `node wait`. */
export const waitedSchema = z.object({ phase: z.literal('waited'), code: z.number().int() });
export const resumedSchema = z.object({ views: z.number(), files: z.number(), problem: z.string() });

export type Dumped = z.infer<typeof dumpedSchema>;
export type Machine = z.infer<typeof machineSchema>;
export type NodeLimits = z.infer<typeof limitsSchema>;
export type NodePlatform = z.infer<typeof platformSchema>;
export type NodeSight = z.infer<typeof sightSchema>;
export type NodeUsage = z.infer<typeof usageSchema>;
export type ProcessesOutside = z.infer<typeof outsideSchema>;
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;
export type ToldFigure = z.infer<typeof toldFigureSchema>;
