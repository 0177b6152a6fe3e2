import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import type { Engine } from '../engine/index.js';
import { FailedError, NotFoundError } from '../errors/index.js';
import { type Evidence, type EvidenceEntry, readEvidence } from '../evidence/index.js';
import { LABELS } from '../sandbox/index.js';
import { withHelper, workLabels } from './helper.js';
import type { Snapshot } from './inventory.js';
import { EVIDENCE_FILE, indexReference, SNAPSHOT_LABELS } from './labels.js';
import type { Manifest } from './manifest.js';
import { intoFile } from './new-file.js';
import { ownSizes } from './sizes.js';

export interface ServiceAtMoment {
  readonly node: string;
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

export interface ShownSnapshot extends Snapshot {
  readonly ownBytes: number;
  /** Just before the moment. */
  readonly services: readonly ServiceAtMoment[];
  /** In the evidence. */
  readonly files: readonly EvidenceEntry[];
  /** What the evidence lacks, for people. */
  readonly problems: readonly string[];
}

/** Of one file of the evidence as a text. */
const LARGEST_SHOWN = 256 << 20;

/** What can be said of a snapshot without restoring it. @throws FailedError when its evidence was altered */
export async function showSnapshot(engine: Engine, snapshot: Snapshot): Promise<ShownSnapshot> {
  const { ownBytes } = ownSizes(snapshot);
  const evidence = await openEvidence(engine, snapshot);
  if (!evidence) return { ...snapshot, ownBytes, services: [], files: [], problems: ['it was taken without evidence'] };
  const problems = (evidence.text('problems.txt') ?? '').split('\n').filter((line) => line !== '');
  return { ...snapshot, ownBytes, services: servicesOf(evidence), files: evidence.entries, problems };
}

/** undefined when it was taken without. @throws FailedError when it was altered */
export async function openEvidence(engine: Engine, snapshot: Manifest): Promise<Evidence | undefined> {
  if (!snapshot.evidence) return undefined;
  const { bundle } = await evidenceBundle(engine, snapshot);
  return readEvidence(Readable.from([bundle]));
}

/**
 * One file of the evidence, by its path or an unmistakable beginning of it.
 * @throws NotFoundError, which lists what begins like this
 */
export async function showEvidenceFile(
  engine: Engine,
  snapshot: Manifest,
  wanted: string,
): Promise<{ readonly file: string; readonly content: string }> {
  const { bundle } = await evidenceBundle(engine, snapshot);
  const { entries, folder } = await readEvidence(Readable.from([bundle]));
  const paths = entries.map(({ path }) => path).sort();
  const matching = paths.filter((path) => path.startsWith(wanted));
  const file = paths.includes(wanted) ? wanted : matching.length === 1 ? matching[0] : undefined;
  if (file !== undefined && (entries.find(({ path }) => path === file)?.size ?? 0) > LARGEST_SHOWN) {
    const most = `${LARGEST_SHOWN >> 20} MB`;
    throw new FailedError(
      `${file} of ${snapshot.name} is larger than ${most}`,
      `take all of the evidence: bdsandbox snapshots show ${snapshot.name} --evidence evidence.tar.zst`,
    );
  }
  if (file !== undefined) return { file, content: await fileOf(bundle, `${folder}${file}`) };
  throw new NotFoundError(
    matching.length === 0
      ? `the evidence of ${snapshot.name} has no file ${wanted}`
      : `${matching.length} files of ${snapshot.name} begin with ${wanted}`,
    `bdsandbox snapshots show ${snapshot.name} lists them`,
    { details: matching.slice(0, 20) },
  );
}

/** The bundle as a file of this machine. */
export async function copyEvidence(
  engine: Engine,
  snapshot: Manifest,
  target: string,
): Promise<NonNullable<Manifest['evidence']>> {
  const { bundle, evidence } = await evidenceBundle(engine, snapshot);
  await intoFile(target, (temporary) => writeFile(temporary, bundle, { mode: 0o600 }));
  return evidence;
}

/** From a container of the index image that is never started. @throws NotFoundError when it was taken without */
async function evidenceBundle(
  engine: Engine,
  snapshot: Manifest,
): Promise<{ readonly bundle: Buffer; readonly evidence: NonNullable<Manifest['evidence']> }> {
  const { name, evidence } = snapshot;
  if (!evidence) {
    throw new NotFoundError(`snapshot ${name} was taken without evidence`, `restore it: bdsandbox restore ${name}`);
  }
  // An id of its own: whoever clears up after work on the snapshot itself must not take it for theirs.
  const run = randomUUID();
  const helper = {
    name: `bds-show.${run}`,
    image: indexReference(name),
    labels: { ...workLabels(run), [SNAPSHOT_LABELS.name]: '', [LABELS.memory]: '' },
  };
  const bundle = await withHelper(engine, helper, async (container) => {
    const status = await engine.containers.pathStatus(container, EVIDENCE_FILE);
    // It is read as a whole, and the manifest has a limit for its size.
    if (status && (status.kind !== 'file' || status.sizeBytes > evidence.bytes)) throw altered(name, 'it is larger');
    return engine.containers.readFile(container, EVIDENCE_FILE);
  });
  const digest = bundle && `sha256:${createHash('sha256').update(bundle).digest('hex')}`;
  if (bundle && digest === evidence.digest) return { bundle, evidence };
  if (bundle) throw altered(name, `${digest} instead of ${evidence.digest}`);
  throw new FailedError(`the evidence of ${name} is gone from its image`, again(name));
}

function altered(name: string, how: string): FailedError {
  return new FailedError(`the evidence of ${name} is not what was taken: ${how}`, again(name));
}

function again(name: string): string {
  return `it was altered or damaged: pull or import ${name} again; bdsandbox restore ${name} does not need it`;
}

/** Also what is too large for readEvidence to hold. */
async function fileOf(bundle: Buffer, path: string): Promise<string> {
  const { extract } = await import('tar-stream');
  const files = extract();
  const read = pipeline(Readable.from([bundle]), createZstdDecompress(), files);
  // Given up below once the file was found.
  read.catch(() => undefined);
  for await (const entry of files) {
    if (entry.header.name === path) return (await buffer(entry)).toString();
    entry.resume();
  }
  throw new FailedError(`the evidence has lost ${path}`, 'pull or import the snapshot again');
}

function servicesOf(evidence: Evidence): ServiceAtMoment[] {
  return evidence.nodes.flatMap((node) => {
    const services = parsed(evidence.text(`${node}/views/services.json`));
    return (Array.isArray(services) ? services : []).map((service: unknown) => {
      const { name, state, detail } = Object(service) as Record<string, unknown>;
      return { node, name: String(name), state: String(state), detail: String(detail ?? '') };
    });
  });
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
