import { z } from 'zod';
import { FailedError } from '../errors/index.js';
import { hiddenSetting, withoutSecrets } from '../secrets/index.js';

/** Everything of a plan but the rendered files: those are in the images. */
const planSchema = z.object({
  schemaVersion: z.literal(1),
  template: z.string(),
  topology: z.string(),
  components: z.array(z.object({ name: z.string(), version: z.string() })),
  nodes: z
    .array(
      z.object({
        name: z.string(),
        index: z.number().int().min(1),
        address: z.string(),
        group: z.string(),
        services: z.array(
          z.object({
            name: z.string(),
            component: z.string(),
            log: z.string(),
            hint: z.string(),
            ports: z.array(
              z.object({
                name: z.string(),
                port: z.number().int(),
                protocol: z.enum(['http', 'tcp']),
                publish: z.boolean(),
                path: z.string(),
              }),
            ),
          }),
        ),
        files: z.array(z.never()).default([]),
      }),
    )
    .min(1),
  /** Services in the order in which they start: each after what it needs. */
  startOrder: z.array(z.string()),
  readyTimeoutMs: z.number(),
  /** Without secrets: what the nodes need is in their own plan.json. */
  settings: z.array(z.string().transform(hiddenSetting)),
  restart: z.enum(['no', 'on-failure']),
  digest: z.string(),
});

const VERSION = 1;

const manifestSchema = z.object({
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
