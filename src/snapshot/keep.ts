import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FailedError, SandboxError } from '../errors/index.js';
import { type NodeSource, type WrittenEvidence, writeEvidence } from '../evidence/index.js';
import type { FreezeMode, KeptScene, NodePlatform } from '../node/index.js';
import { forAll, PLAN_FILE, type RecordedChange, readRecord } from '../sandbox/index.js';
import { aboutOf, filesOfImage } from './evidence.js';
import { flatten } from './flatten.js';
import type { Held, HeldNode } from './hold.js';
import { makeIndex } from './index-image.js';
import { indexReference, nodeReference, PARENT_ID, SNAPSHOT_LABELS } from './labels.js';
import { type Manifest, parsePlan } from './manifest.js';
import { marksOf } from './provenance.js';
import { imageLabels, type Run } from './run.js';
import { standsOn } from './stands-on.js';

/** What was found out before the nodes stood. */
export interface Look {
  readonly mode: FreezeMode;
  readonly reason: string;
  readonly platforms: readonly NodePlatform[];
  readonly plan: Manifest['plan'];
  readonly changes: readonly RecordedChange[];
  /** Of a live one: what is not in it. */
  readonly outside: Manifest['outside'];
}

/** A container on the way. */
export interface Helper {
  readonly host: string;
  readonly id: string;
}

export interface Kept {
  readonly manifest: Manifest;
  /** Helpers that are of no use any more, and still there. */
  readonly left: readonly Helper[];
}

/** The plan as the node has it, and what was done to the sandbox. @throws FailedError */
export async function recordOf({ engines, first }: Run): Promise<Pick<Look, 'plan' | 'changes'>> {
  const { plan, changes } = await readRecord(engines.on(first.host), first.container);
  if (plan === undefined) {
    throw new FailedError(`${first.name} has no plan`, 'it was made by an older bdsandbox: create the sandbox again');
  }
  try {
    return { plan: parsePlan(plan), changes };
  } catch (cause) {
    throw new FailedError(
      `the plan in ${first.name} cannot be read`,
      `it was made by another version of bdsandbox, or altered: ${PLAN_FILE}; create the sandbox again`,
      { cause },
    );
  }
}

/** All after the nodes went on: describes the images, adds the evidence, and makes the index. With that it is a snapshot. */
export async function keepSnapshot(run: Run, claim: string, look: Look, held: Held): Promise<Kept> {
  const { signal } = run.context;
  const images = await forAll(run.nodes, (node) => describeImage(run, node, held));
  signal?.throwIfAborted();
  const isGolden = run.request.golden !== undefined;
  const scene = isGolden ? NO_SCENE : await openScene(run, look.plan, held);
  const draft = manifestOf(run, look, held, images);
  const { evidence, bundle } = isGolden ? NO_BUNDLE : await writeBundle(run, draft, scene);
  const manifest = { ...draft, evidence };
  signal?.throwIfAborted();
  const labels = {
    ...imageLabels(run, look.mode, 'index'),
    [SNAPSHOT_LABELS.manifest]: JSON.stringify(manifest),
  };
  // The index is not made of the helpers.
  const [left] = await forAll(
    [
      () => removeHelpers(run, scene.helpers),
      async () => {
        const { createdAt, platform } = manifest;
        const references = [
          indexReference(run.request.name),
          ...marksOf({ origin: 'here', trusted: !run.confined }, run.id),
        ];
        const { architecture } = platform;
        await makeIndex(run.home, { references, labels, createdAt, architecture, evidence: bundle });
        return [];
      },
    ],
    (each) => each(),
  );
  return { manifest, left: [{ host: run.engines.home, id: claim }, ...(left ?? [])] };
}

/** @returns those that could not be removed */
export async function removeHelpers({ engines }: Run, helpers: readonly Helper[]): Promise<Helper[]> {
  const outcomes = await Promise.allSettled(helpers.map(({ host, id }) => engines.on(host).containers.remove(id)));
  return helpers.filter((_, index) => outcomes[index]?.status === 'rejected');
}

async function describeImage(run: Run, node: HeldNode, held: Held): Promise<Manifest['nodes'][number]> {
  const engine = run.engines.on(node.host);
  const reference = nodeReference(run.id, node.name);
  const [image, base] = await forAll(
    [
      () => flatten(engine, reference, { labels: run.workLabels, signal: run.context.signal }),
      () => engine.images.inspect(node.image),
    ],
    (ask) => ask(),
  );
  const dumped = held.dumped.get(node.name);
  if (!image) throw new FailedError(`the image of ${node.name} is gone`, 'take the snapshot again');
  return {
    name: node.name,
    image: reference,
    digest: image.id,
    layers: image.layers.length,
    layerBytes: Math.max(0, image.sizeBytes - (base && standsOn(image, base) ? base.sizeBytes : 0)),
    memoryBytes: dumped?.bytes ?? 0,
    deletedFilesBytes: dumped?.deletedFilesBytes ?? 0,
    processes: dumped?.processes ?? 0,
  };
}

/** What the nodes tell. */
interface Scene {
  readonly helpers: readonly Helper[];
  readonly nodes: readonly NodeSource[];
  /** Why the rest is not there. */
  readonly problem?: unknown;
}

/**
 * Where the files of the moment are: in the nodes, which kept them, or else in containers of their images, never started.
 * A scene of a bug is worth keeping without evidence, so a failure is a part of the result.
 */
async function openScene(run: Run, plan: Manifest['plan'], { scenes }: Held): Promise<Scene> {
  const { engines, id } = run;
  const helpers: Helper[] = [];
  try {
    const nodes = await forAll(run.nodes, async ({ name: node, host }) => {
      const { views, files, problems } = scenes.get(node) ?? NOTHING_KEPT;
      if (files) return { node, views, problems, files: [{ prefix: '/', tar: files }] };
      const engine = engines.on(host);
      const helper = await engine.containers.create({
        name: `bds-snapshot.${id}.${node}`,
        image: nodeReference(id, node),
        hostname: 'helper',
        labels: run.workLabels,
        environment: {},
      });
      helpers.push({ host, id: helper });
      return { node, views, problems, files: filesOfImage(engine, helper, plan) };
    });
    return { helpers, nodes };
  } catch (problem) {
    return { helpers, nodes: [], problem };
  }
}

function manifestOf(run: Run, look: Look, held: Held, images: Manifest['nodes']): Manifest {
  const { sandbox, containers } = run.record;
  const parentId = containers[0]?.summary.labels[PARENT_ID] ?? '';
  const [platform] = look.platforms;
  return {
    schemaVersion: 1,
    id: run.id,
    name: run.request.name,
    note: run.request.note,
    golden: run.request.golden ?? '',
    mode: look.mode,
    reason: look.reason,
    sandbox: sandbox.name,
    owner: sandbox.owner,
    host: sandbox.host,
    createdAt: held.moment.toISOString(),
    frozenMs: held.frozenMs,
    parent: parentId === '' ? null : { id: parentId, name: sandbox.parentSnapshot ?? '' },
    plan: look.plan,
    platform: {
      kernel: platform?.kernel ?? '',
      architecture: platform?.architecture ?? '',
      cpuFlags: platform?.cpuFlags ?? [],
      criu: platform?.criu ?? '',
      words: platform?.words ?? 0,
    },
    nodes: images,
    memory:
      look.mode === 'live'
        ? {
            volume: run.volume,
            bytes: images.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
            since: sinceOf(held),
          }
        : null,
    evidence: null,
    outside: look.outside,
    changes: [...look.changes],
  };
}

function sinceOf({ dumped }: Held): string {
  const known = [...dumped.values()].map(({ since }) => since).filter((since) => since > 0);
  return known.length === 0 ? '' : new Date(Math.min(...known) * 1000).toISOString();
}

interface Bundle {
  readonly evidence: WrittenEvidence | null;
  readonly bundle: Buffer;
}

const NO_BUNDLE: Bundle = { evidence: null, bundle: Buffer.alloc(0) };
const NO_SCENE: Scene = { helpers: [], nodes: [] };
const NOTHING_KEPT: KeptScene = { views: undefined, files: undefined, problems: [] };

/** None, with a warning, when it could not be had. */
async function writeBundle(run: Run, draft: Manifest, scene: Scene): Promise<Bundle> {
  const { signal, report } = run.context;
  let folder: string | undefined;
  try {
    if (scene.problem !== undefined) throw scene.problem;
    folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-evidence-'));
    const file = path.join(folder, 'evidence.tar.zst');
    const evidence = await writeEvidence(
      file,
      { name: draft.name, about: aboutOf(draft), events: draft.changes, nodes: scene.nodes },
      { redact: run.request.redact, ...(signal ? { signal } : {}) },
    );
    return { evidence, bundle: await readFile(file) };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof SandboxError ? error.message : String(error);
    report({ type: 'notice', level: 'warning', message: `the snapshot has no evidence: ${reason}` });
    return NO_BUNDLE;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
