import { z } from 'zod';
import { name, properties, summary } from './values.js';

// What each key means is said where template authors look: in templates/clusters/hadoop-hbase.yaml.

const duration = z.string().regex(/^[1-9]\d*(s|m)$/, 'a duration is a number with s or m, e.g. 10m');

const groupService = z.union([name, z.strictObject({ name, quorum: z.int().min(1) })], {
  error: 'a service is a name, or {name: NAME, quorum: NUMBER}',
});

const nodes = z
  .strictObject({ min: z.int().min(1), max: z.int().max(60), step: z.int().min(1).default(1) })
  .refine(({ min, max }) => min <= max, 'min is larger than max');

const topology = z.strictObject({
  groups: z.array(z.strictObject({ name, nodes: nodes.optional(), services: z.array(groupService).min(1) })).min(1),
});

export const clusterSchema = z.strictObject({
  name,
  summary,
  extends: name.optional(),
  components: z.array(name).min(1),
  defaultNodes: z.int().min(1),
  readyTimeout: duration.default('10m'),
  config: z.record(z.string(), properties).default({}),
  topologies: z.record(name, topology),
});

export type RawCluster = z.output<typeof clusterSchema>;
