import { posix } from 'node:path';
import { z } from 'zod';
import { FailedError } from '../errors/index.js';
import { hiddenSetting, withoutSecrets } from '../secrets/index.js';

/** As templates may name services, groups and ports; a node is called as its group, with a number. */
const name = z
  .string()
  .max(48)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a name has lower-case letters, digits and hyphens');
const hostName = name.refine((host) => host !== 'localhost', 'localhost is no name for a node');

const text = (most: number) => z.string().max(most);

/** A path that stays where it says, and goes into lines of text. */
const logPath = text(512)
  .regex(/^\/[^\s\p{Cc}]*[^\s\p{Cc}/]$/u, 'an absolute path without blanks is expected')
  .refine((path) => posix.normalize(path) === path, 'a path without . and .. is expected');

const port = z.object({
  name,
  port: z.int().min(1).max(65_535),
  protocol: z.enum(['http', 'tcp']),
  publish: z.boolean(),
  path: text(2048).regex(/^\/[^\p{Cc}]*$/u, 'a path of a page is expected'),
});

const node = z.object({
  name: hostName,
  index: z.int().min(1),
  address: z.string(),
  group: name,
  services: z
    .array(z.object({ name, component: name, log: logPath, hint: text(4096), ports: z.array(port).max(100) }))
    .max(200),
  files: z.array(z.never()).default([]),
});

/** Inner addresses are 10.255.0.0/24, and the last one is the broadcast address. */
const MOST_NODES = 254;

/**
 * Everything of a plan but the rendered files: those are in the images. What a plan says becomes host names, paths and
 * published ports here, and it may come from a node that others write in, or from another machine: so this is all that
 * makePlan can write, and nothing else.
 */
const planSchema = z.object({
  schemaVersion: z.literal(1),
  template: name,
  topology: name,
  components: z.array(z.object({ name, version: text(200).min(1) })).max(200),
  nodes: z
    .array(node)
    .min(1)
    .max(MOST_NODES)
    .refine(
      (nodes) => nodes.every(({ index, address }, at) => index === at + 1 && address === `10.255.0.${index}`),
      'nodes have the indexes 1, 2, 3, ... and the addresses 10.255.0.1, 10.255.0.2, ...',
    )
    .refine((nodes) => isUnique(nodes.map((each) => each.name)), 'two nodes have the same name')
    .refine(
      (nodes) => nodes.every(({ services }) => isUnique(services.map((each) => each.name))),
      'a service is twice on one node',
    ),
  /** Services in the order in which they start: each after what it needs. */
  startOrder: z.array(name).max(200),
  readyTimeoutMs: z
    .number()
    .min(1)
    .max(7 * 24 * 3_600_000),
  /** Without secrets: what the nodes need is in their own plan.json. */
  settings: z.array(text(65_536).transform(hiddenSetting)).max(10_000),
  restart: z.enum(['no', 'on-failure']),
  digest: text(200),
});

function isUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

export const VERSION = 1;

export const manifestSchema = z.object({
  schemaVersion: z.literal(VERSION),
  /** UUID */
  id: z.string(),
  name: z.string(),
  note: z.string(),
  /** Of a golden: the key of the clusters that it stands for. Empty for the snapshots that users take. */
  golden: z.string().default(''),
  mode: z.enum(['live', 'cold']),
  /** Why not live; empty for a live one, and where cold was asked for. */
  reason: z.string(),
  /** The sandbox it was taken of. */
  sandbox: z.string(),
  owner: z.string(),
  /** The engine's name of the machine. */
  host: z.string(),
  /** UTC ISO 8601: the moment, when the last node stood. */
  createdAt: z.string(),
  /** How long the sandbox stood, in milliseconds: from the first fence to the last one's end. */
  frozenMs: z.number(),
  /** What the sandbox itself was restored from. */
  parent: z.object({ id: z.string(), name: z.string() }).nullable(),
  plan: planSchema,
  platform: z.object({
    kernel: z.string(),
    architecture: z.string(),
    cpuFlags: z.array(z.string()),
    criu: z.string(),
    /** Version of the words that its nodes are thawed with. */
    words: z.number().int().default(1),
  }),
  nodes: z.array(
    z.object({
      name: z.string(),
      image: z.string(),
      /** The image's id: digest of its config, and so of all of its layers. */
      digest: z.string(),
      layers: z.number().int(),
      /** Of what the image adds to the one its container was made from. */
      layerBytes: z.number(),
      memoryBytes: z.number(),
      /** Of its memory: of files that were deleted while a process has them open. */
      deletedFilesBytes: z.number().default(0),
      /** Whose memory it is. */
      processes: z.number().int().default(0),
    }),
  ),
  /** Volume with the memory images; null for a cold one. */
  memory: z
    .object({
      volume: z.string(),
      bytes: z.number(),
      /** UTC ISO 8601: since when the first of its services ran; empty in older ones. */
      since: z.string().default(''),
    })
    .nullable(),
  /** null when it could not be had. */
  evidence: z
    .object({ digest: z.string(), bytes: z.number(), files: z.number().int(), redacted: z.number().int() })
    .nullable(),
  /** By node: processes that ran beside its services, such as commands of `exec`, and are not in it. */
  outside: z
    .array(
      z.object({
        node: z.string(),
        processes: z.array(z.object({ pid: z.number().int(), command: z.string() })),
        /** How many there were beyond those. */
        more: z.number().int(),
      }),
    )
    .default([]),
  /** What was done to the sandbox through bdsandbox, and to those it was restored from. */
  changes: z.array(
    z
      .looseObject({ at: z.string(), what: z.string(), by: z.string(), sandbox: z.string() })
      .transform((change) => withoutSecrets(change)),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;

export function parsePlan(text: string): Manifest['plan'] {
  return planSchema.parse(JSON.parse(text));
}

/** @throws FailedError for a manifest that this version cannot read */
export function parseManifest(text: string, where: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new FailedError(
      `the manifest of ${where} cannot be read: ${whyUnreadable(text, cause)}`,
      'it may be of a newer bdsandbox: update, or remove the snapshot',
      { cause },
    );
  }
}

function whyUnreadable(text: string, cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return 'no JSON';
  // A newer version differs in more places, and all the others follow from that one.
  const { schemaVersion } = Object(JSON.parse(text)) as { readonly schemaVersion?: unknown };
  if (typeof schemaVersion === 'number' && schemaVersion > VERSION) {
    return `it has version ${schemaVersion}, and this bdsandbox reads version ${VERSION}`;
  }
  return z.prettifyError(cause).split('\n')[0] ?? '';
}

/** Facts that every version has; an empty text where even that is not so. */
const factsSchema = z
  .object({ owner: z.string().catch(''), host: z.string().catch('') })
  .catch({ owner: '', host: '' });

/** Who took a snapshot and where, of a manifest that parseManifest refuses. */
export function readFacts(text: string): Pick<Manifest, 'owner' | 'host'> {
  try {
    return factsSchema.parse(JSON.parse(text));
  } catch {
    return factsSchema.parse(undefined);
  }
}
