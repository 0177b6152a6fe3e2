import { z } from 'zod';
import { FailedError } from '../../errors/index.js';
import { nodeReference } from '../labels.js';
import { type Manifest, manifestSchema, parseManifest, VERSION } from '../manifest.js';

/** A manifest of five nodes has 20 kB. */
const MOST_BYTES = 1 << 20;

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID is expected');
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest is expected');
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'a name is expected');
/** Printed here and there; tabs and line breaks belong into notes alone. */
const word = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u, 'text without control characters is expected');
const bytes = z.int().min(0).max(1e15);

/** What this program writes, and nothing else; the plan in it is checked wherever it is read. */
const foreignSchema = manifestSchema.extend({
  id: uuid,
  name,
  note: z.string().max(10_000),
  golden: z.string().regex(/^([0-9a-f]{64})?$/, 'a key is expected'),
  reason: z.string().max(10_000),
  sandbox: name,
  owner: z.string().regex(/^[\w.@-]{1,64}$/, 'the name of an owner is expected'),
  host: word,
  createdAt: z.iso.datetime(),
  frozenMs: z.number().min(0).max(1e12),
  parent: z.object({ id: uuid, name }).nullable(),
  platform: z.object({
    kernel: word,
    architecture: word,
    cpuFlags: z.array(z.string().regex(/^[\w.]{1,64}$/, 'a flag is expected')).max(2000),
    criu: word,
    words: z.int().min(0).max(1e6),
  }),
  nodes: z
    .array(
      manifestSchema.shape.nodes.element.extend({
        name,
        image: z.string(),
        digest,
        layers: z.int().min(1).max(127),
        layerBytes: bytes,
        memoryBytes: bytes,
        deletedFilesBytes: bytes.default(0),
        processes: z.int().min(0).max(1e7).default(0),
      }),
    )
    .min(1),
  memory: manifestSchema.shape.memory
    .unwrap()
    .extend({ volume: word, bytes, since: word.default('') })
    .nullable(),
  evidence: z
    .object({ digest, bytes: z.int().min(0).max(1e9), files: z.int().min(0), redacted: z.int().min(0) })
    .nullable(),
});

/**
 * From elsewhere: its names become host names, images and containers here, and its numbers limits.
 * @throws FailedError
 */
export function readForeignManifest(text: string, where: string): Manifest {
  if (text.length > MOST_BYTES) throw refused(where, `its manifest has more than ${MOST_BYTES} characters`);
  const parsed = jsonOf(text, where);
  // Says what is of a newer bdsandbox.
  if (Object(parsed).schemaVersion !== VERSION) parseManifest(text, where);
  const checked = foreignSchema.safeParse(parsed);
  if (!checked.success) throw refused(where, firstOf(checked.error));
  const { id, nodes, plan, mode, memory } = checked.data;
  const sameNodes =
    nodes.length === plan.nodes.length && nodes.every((node, index) => node.name === plan.nodes[index]?.name);
  if (!sameNodes) throw refused(where, 'its plan has other nodes than its images');
  const strange = nodes.find((node) => node.image !== nodeReference(id, node.name));
  if (strange) throw refused(where, `the image of ${strange.name} is not called as those of snapshots are`);
  if ((mode === 'live') !== (memory !== null)) throw refused(where, `it is ${mode}, which its memory does not fit`);
  return checked.data;
}

/** Goldens are what `create` begins with, unasked: only create and warm get them, and from where they may. */
export function mustBeNoGolden({ golden, name }: Pick<Manifest, 'golden' | 'name'>, here: string, where: string): void {
  if (golden === '' && ![name, here].some((each) => /^golden-[0-9a-f]{12}$/.test(each))) return;
  throw new FailedError(
    `${where} is a golden snapshot, which create would begin with: those are made here, or come from a registry that you trust`,
    'make it here: bdsandbox images warm TEMPLATE',
  );
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(where, 'its manifest is none');
  }
}

function firstOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'its manifest is none';
}

export function refused(where: string, reason: string): FailedError {
  return new FailedError(
    `${where} was altered: ${reason}`,
    'nothing of it was taken; have it pushed or exported again, and find out who altered it',
  );
}
