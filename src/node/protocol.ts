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

export type NodeUsage = z.infer<typeof usageSchema>;
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;
