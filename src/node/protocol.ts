import { z } from 'zod';

/** What the node's agent prints; docs/explanation/node.md. */
const state = z.enum(['starting', 'ready', 'stopped', 'failed']);

export const serviceStatusesSchema = z.array(
  z.object({
    name: z.string(),
    state,
    pid: z.number().int().nullable(),
    /** UTC ISO 8601 */
    since: z.string().nullable(),
    detail: z.string(),
  }),
);

export const serviceChangeSchema = z.object({ service: z.string(), state, detail: z.string() });

export type ServiceStatus = z.infer<typeof serviceStatusesSchema>[number];
export type ServiceChange = z.infer<typeof serviceChangeSchema>;
