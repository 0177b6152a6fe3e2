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

export const usageSchema = z.object({
  /** 100 is one whole core. */
  cpuPercent: z.number().min(0),
  /** Memory of the node's processes, without the page cache. */
  memoryBytes: z.number().int().min(0),
});

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
  cpuFlags: z.string().transform((flags) => flags.split(' ').filter((flag) => flag !== '')),
  /** Memory that programs could still get, and free space where volumes are. */
  memoryFreeBytes: z.number(),
  diskFreeBytes: z.number(),
});

/** Of freeze: the memory image is written; the node goes on. */
export const dumpedSchema = z.object({ bytes: z.number() });
/** Of thaw: the exit code of `node wait`. */
export const waitedSchema = z.object({ phase: z.literal('waited'), code: z.number().int() });
export const resumedSchema = z.object({ views: z.number(), files: z.number(), problem: z.string() });

export type NodePlatform = z.infer<typeof platformSchema>;
export type NodeUsage = z.infer<typeof usageSchema>;
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;
