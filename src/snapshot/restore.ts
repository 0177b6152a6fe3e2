import type { Engine, EngineInfo, VolumeSummary } from '../engine/index.js';
import { FailedError, InterruptedError } from '../errors/index.js';
import { Flow } from '../events/index.js';
import { CriuError, type FreezeMode, Thaw, WORDS_VERSION } from '../node/index.js';
import type { PlannedNode } from '../plan/index.js';
import {
  type CreatedSandbox,
  type CreateRequest,
  checkRoom,
  type FlowContext,
  firstFreeName,
  forAll,
  gigabytes,
  type Opened,
  type RaiseRequest,
  type RaiseSpec,
  raiseNamed,
  raiseSteps,
  type StartedNode,
  takenNames,
} from '../sandbox/index.js';
import { keepCriuLog } from './criu-log.js';
import type { Snapshot } from './inventory.js';
import { GOLDEN_ID, PARENT_ID, SNAPSHOT_LABELS } from './labels.js';
import { lossOf } from './loss.js';
import { tryPlatform } from './platform.js';
import { allOrStop } from './together.js';

export interface RestoreRequest extends Omit<RaiseRequest, 'plan'> {
  /** The snapshot's name, or the next free one after it, when absent. */
  readonly name?: string | undefined;
  readonly mode: 'auto' | FreezeMode;
  /** Restore one that is not trusted as if it were: with its memory, and with rights that reach this machine. */
  readonly trust?: boolean | undefined;
}

export interface RestoredSandbox extends CreatedSandbox {
  /** live: the processes go on where they stood; cold: the services started from their files. */
  readonly mode: FreezeMode;
  /** Why cold; empty for live, and where cold was asked for. */
  readonly reason: string;
  /** Its nodes have the rights of any container, since nobody said to trust the snapshot. */
  readonly confined: boolean;
}

/** Where a node finds the memory images of the snapshot it comes from. */
const ORIGIN_FOLDER = '/var/lib/bdsandbox/origin';
/** CRIU reads some gigabytes; on a busy machine with a cold disk that takes its time. */
const RESTORE_LIMIT_MS = 5 * 60_000;

interface Here {
  readonly engine: Engine;
  readonly volumes: readonly VolumeSummary[];
  readonly info: EngineInfo;
}

interface Way {
  readonly mode: FreezeMode;
  readonly reason: string;
  readonly confined: boolean;
}

/**
 * A new sandbox that is what the snapshot's was at its moment, beside whatever runs.
 * @throws ConflictError when the name is taken, FailedError when `live` is asked for and cannot be, ...
 */
export async function restoreSnapshot(
  context: FlowContext,
  snapshot: Snapshot,
  request: RestoreRequest,
): Promise<RestoredSandbox> {
  const { engines, signal } = context;
  const engine = engines.on(engines.home);
  const [taken, volumes, info] = await Promise.all([
    takenNames(engines, request.name),
    engine.volumes.list({}),
    engine.info(),
  ]);
  const way = await foresee(context, snapshot, request, { engine, volumes, info }).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
    throw new InterruptedError(
      `restore of ${snapshot.name} was interrupted before anything was made`,
      'run it again when you like',
    );
  });
  await checkRoom(context, snapshot.plan, way.mode === 'live' ? snapshot.memory?.bytes : undefined);
  try {
    return await raiseFrom(context, snapshot, request, taken, way);
  } catch (error) {
    if (!(error instanceof NotRestored) || request.mode !== 'auto') throw error;
    const reason = error.message;
    const message = `starting it from its files instead${lossOf(snapshot)}: ${[reason, ...error.details].join('; ')}`;
    context.report({ type: 'notice', level: 'warning', message });
    return raiseFrom(context, snapshot, request, taken, { ...way, mode: 'cold', reason });
  }
}

async function raiseFrom(
  context: FlowContext,
  snapshot: Snapshot,
  request: RestoreRequest,
  taken: Set<string>,
  way: Way,
): Promise<RestoredSandbox> {
  const flow = new Flow(
    `Restore ${snapshot.name}${way.mode === 'live' ? '' : ', cold'}`,
    raiseSteps(snapshot.plan),
    context.report,
  );
  const sandbox = await raiseNamed(
    context,
    flow,
    { wanted: request.name, prefix: snapshot.name, taken },
    {
      ...request,
      ...madeOf(context, snapshot, way.mode),
      confined: way.confined,
      startedFrom: 'snapshot',
      parent: snapshot.name,
      change: { what: 'restored', snapshot: snapshot.name, id: snapshot.id, mode: way.mode },
      labels: { ...NO_SNAPSHOT, [PARENT_ID]: snapshot.id },
    },
  );
  return { ...sandbox, ...way };
}

/**
 * A new sandbox out of a golden: a live restore that has no past of its own for a user to see.
 * @throws NotRestored when it cannot be live here; ConflictError when the name is taken
 */
export async function raiseFresh(
  context: FlowContext,
  golden: Snapshot,
  request: CreateRequest,
): Promise<CreatedSandbox> {
  const { engines } = context;
  const engine = engines.on(engines.home);
  const [taken, volumes, info] = await Promise.all([
    takenNames(engines, request.name),
    engine.volumes.list({}),
    engine.info(),
  ]);
  const reason = await whyCold(context, golden, { engine, volumes, info });
  if (reason !== undefined) throw new NotRestored(reason, 'start every service: --cold');
  await checkRoom(context, golden.plan, golden.memory?.bytes);
  const { settings, components, template } = request.plan;
  const flow = new Flow(
    `Create ${request.name ?? firstFreeName(template, taken)} from a golden`,
    raiseSteps(golden.plan),
    context.report,
  );
  return raiseNamed(
    context,
    flow,
    { wanted: request.name, prefix: template, taken },
    {
      ...request,
      ...madeOf(context, golden, 'live', 'anew'),
      startedFrom: 'golden',
      parent: '',
      change: { what: 'created', settings, components },
      labels: { ...NO_SNAPSHOT, [GOLDEN_ID]: golden.id },
    },
  );
}

/** Containers inherit the labels of their image, and that may be of another restored sandbox. */
const NO_SNAPSHOT = { [PARENT_ID]: '', [GOLDEN_ID]: '', [SNAPSHOT_LABELS.role]: '' };

/** What a sandbox that comes from a snapshot is made of. */
function madeOf(
  context: FlowContext,
  snapshot: Snapshot,
  mode: FreezeMode,
  past: 'kept' | 'anew' = 'kept',
): Pick<RaiseSpec, 'plan' | 'image'> & Partial<RaiseSpec> {
  const live = mode === 'live' ? snapshot.memory : null;
  // By digest: whoever may name images here could give the name another one.
  const images = new Map(snapshot.nodes.map(({ name, digest }) => [name, digest]));
  return {
    plan: snapshot.plan,
    image: ({ name }: PlannedNode) => images.get(name) ?? '',
    // The image may remember another: it is said also when there is none.
    environment: { BDSANDBOX_RESTORE: live ? snapshot.id : '' },
    ...(live && {
      mounts: [{ volume: live.volume, path: ORIGIN_FOLDER, readOnly: true }],
      open: (nodes: readonly StartedNode[], start: () => Promise<void>) =>
        thaw(context, { nodes, about: snapshot.name, past }, start),
    }),
  };
}

/** CRIU could not put a node back: another way may do. */
export class NotRestored extends FailedError {}

/** All nodes behind their fences, then all fences down, then all go on: none may hear a peer that is not there yet. */
async function thaw(
  { engines, signal }: FlowContext,
  {
    nodes,
    about,
    past,
  }: { readonly nodes: readonly StartedNode[]; readonly about: string; readonly past: 'kept' | 'anew' },
  start: () => Promise<void>,
): Promise<Opened> {
  const byContainer = new Map<string, Thaw>();
  const thawOf = (container: string): Thaw => byContainer.get(container) as Thaw;
  const giveUp = (): void => void end();
  const end = async (): Promise<void> => {
    signal?.removeEventListener('abort', giveUp);
    await Promise.all([...byContainer.values()].map((each) => each.end()));
  };
  const all = (step: (each: Thaw) => Promise<void>) => allOrStop([...byContainer.values()].map(step), giveUp);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await forAll(nodes, async ({ host, container, plan: { name } }) => {
      const node = await Thaw.of(engines.on(host), container, name, { timeoutMs: RESTORE_LIMIT_MS, past });
      byContainer.set(container, node);
    });
    await start();
    await orNotRestored(about, async () => {
      await all((each) => each.restored());
      signal?.throwIfAborted();
      await all((each) => each.unfence());
      await all((each) => each.resume());
    });
  } catch (error) {
    await end();
    throw error;
  }
  return {
    waiter: ({ container }) => thawOf(container),
    write: (container, files, folder) => thawOf(container).write(files, folder),
    end,
  };
}

/** @throws NotRestored where it is the nodes that failed */
async function orNotRestored(about: string, talk: () => Promise<void>): Promise<void> {
  try {
    await talk();
  } catch (error) {
    if (!(error instanceof FailedError)) throw error;
    const details = error instanceof CriuError ? await keepCriuLog(error, about) : [];
    throw new NotRestored(error.message, 'start it from its files: --mode cold', { cause: error, details });
  }
}

/** What will happen, found out before anything is made. @throws FailedError when live is asked for and cannot be */
async function foresee(
  context: FlowContext,
  snapshot: Snapshot,
  { mode, trust }: RestoreRequest,
  here: Here,
): Promise<Way> {
  const confined = !(snapshot.trusted || trust);
  if (confined) return foreseeConfined(context, snapshot, mode);
  if (mode === 'cold') return { mode, reason: '', confined };
  const reason = await whyCold(context, snapshot, here);
  if (reason === undefined) return { mode: 'live', reason: '', confined };
  if (mode === 'live') {
    throw new FailedError(
      `${snapshot.name} cannot be restored live: ${reason}`,
      `start it from its files${lossOf(snapshot)}: --mode cold`,
    );
  }
  const message = `${snapshot.name} starts from its files${lossOf(snapshot)}: ${reason}`;
  context.report({ type: 'notice', level: 'warning', message });
  return { mode: 'cold', reason, confined };
}

/**
 * Its memory is put back by CRIU inside the nodes, which takes rights (SYS_ADMIN, no seccomp) by which a program in them can
 * reach the machine. So nobody gets them unasked.
 */
function foreseeConfined({ report }: FlowContext, { name, origin }: Snapshot, mode: RestoreRequest['mode']): Way {
  const reason = `${FROM_WHERE[origin]}, and nobody said to trust it`;
  if (mode === 'live') {
    throw new FailedError(
      `${name} cannot be restored live: it ${reason}`,
      `its programs could reach this machine then; if you trust who made it: bdsandbox restore ${name} --mode live --trust`,
    );
  }
  const message = `${name} ${reason}: it starts from its files, with the rights of any container; with its memory, if you trust who made it: --trust`;
  report({ type: 'notice', level: 'warning', message });
  return { mode: 'cold', reason: `it ${reason}`, confined: true };
}

const FROM_WHERE: Readonly<Record<Snapshot['origin'], string>> = {
  here: 'was taken of a sandbox that came from elsewhere',
  file: 'came from a file',
  registry: 'came from a registry that is not trusted',
};

async function whyCold(
  { report, signal }: FlowContext,
  snapshot: Snapshot,
  { engine, volumes, info }: Here,
): Promise<string | undefined> {
  if (!snapshot.memory) return 'it was taken cold';
  const { volume, bytes } = snapshot.memory;
  if (!volumes.some(({ name }) => name === volume)) return 'its memory images are gone';
  if (snapshot.platform.words !== WORDS_VERSION) {
    return `its nodes are of ${snapshot.platform.words < WORDS_VERSION ? 'an older' : 'a newer'} bdsandbox`;
  }
  if (info.kernel !== snapshot.platform.kernel) {
    return `it was taken on kernel ${snapshot.platform.kernel}, this is ${info.kernel}`;
  }
  // The same machine: what it could then, it can now. Each node checks its CPU once more.
  if (info.name === snapshot.host) return undefined;
  const image = snapshot.nodes[0]?.digest ?? '';
  const platform = await tryPlatform(engine, { image, id: snapshot.id, signal });
  if (!platform.able) return platform.reason;
  const missing = snapshot.platform.cpuFlags.filter((flag) => !platform.cpuFlags.includes(flag));
  if (missing.length > 0) return `this CPU lacks ${missing.join(', ')}`;
  if (platform.memoryFreeBytes < bytes)
    return `it needs ${gigabytes(bytes)} of memory, and ${gigabytes(platform.memoryFreeBytes)} are free`;
  const message = `taken on ${snapshot.host}, same kernel, CPU has all it needs, ${gigabytes(platform.memoryFreeBytes)} of memory free for ${gigabytes(bytes)}, ${gigabytes(platform.diskFreeBytes)} of disk: live`;
  // Nothing is copied, but the sandbox will write.
  report({ type: 'notice', level: platform.diskFreeBytes < 1e9 ? 'warning' : 'info', message });
  return undefined;
}
